"""Server adapters: each joins one server's app loader to the runtime, and is found through its entry point."""
