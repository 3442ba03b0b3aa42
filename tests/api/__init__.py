"""The public functions, and processes that serve nothing."""
