"""Settings: from the environment to the client's options."""
