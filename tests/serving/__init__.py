"""Serve: scope, sampling, redaction, body and lifespan of each request."""
