"""The command line: one command per service, derived from its signature."""
