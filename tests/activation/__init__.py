"""Init: settings of all layers become one `sentry_sdk.init` in each process that serves, or a reason why not."""
