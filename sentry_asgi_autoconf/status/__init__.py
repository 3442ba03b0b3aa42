"""What this process tells the operator of itself: a status file, and servers without an adapter."""
