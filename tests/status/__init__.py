"""Status: each process tells its state in a file."""
