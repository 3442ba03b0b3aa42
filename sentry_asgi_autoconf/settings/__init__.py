"""Read and check the settings: the environment, a secrets directory, `SENTRY_OPTIONS_JSON`."""
