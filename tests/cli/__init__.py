"""The command line, started as a person starts it."""
