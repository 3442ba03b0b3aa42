"""The patch stage: adapters, each of which joins one server's app loader to the runtime."""
