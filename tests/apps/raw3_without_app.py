"""A module that lacks the attribute that its server is told to serve."""
