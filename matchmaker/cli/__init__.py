"""The command line: ``matchmaker``."""
