"""Wrap: each app is left to its framework's integration or put into the middleware, once."""
