"""From answers to files and pictures that people open."""
