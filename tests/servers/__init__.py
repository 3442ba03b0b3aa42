"""Every server, in every way of starting it."""
