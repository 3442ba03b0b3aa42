"""What is pure in the SDK stage."""
