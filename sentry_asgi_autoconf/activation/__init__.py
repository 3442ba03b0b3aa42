"""The init stage, conducted: settings of all layers, a decision, one `sentry_sdk.init`."""
