"""Files from public archives: where they are, and how they are brought here whole."""
