"""The tests that the SDK and the servers ship, run with this package in their path."""
