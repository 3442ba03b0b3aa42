"""Interpreter start: the bootstrap directory on PYTHONPATH."""
