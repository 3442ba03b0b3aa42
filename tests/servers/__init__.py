"""Patch: every server, in every way of starting it."""
