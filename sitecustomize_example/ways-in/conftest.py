"""Tests that say nothing to Sentry. The switch is read when a server is imported, here and in what the tests start."""

import os

os.environ["SENTRY_ASGI_ENABLED"] = "false"
