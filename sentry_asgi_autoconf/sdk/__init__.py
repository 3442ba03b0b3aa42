"""All that touches `sentry_sdk`."""
