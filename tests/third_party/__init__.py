"""A server that this package does not know, and the adapter that another distribution brings for it."""
