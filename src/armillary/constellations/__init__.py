"""Facts of one satellite system per file; the registry lists this folder, so a new file is a new system."""

DEFAULT_FEDERATION = "glonass+beidou"
"""What a service answers when no systems are named: the first pair of the project."""
