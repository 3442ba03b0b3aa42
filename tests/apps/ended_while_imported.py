"""An app whose process is asked to end while it is imported."""

import os
import signal

import sentry_sdk

sentry_sdk.capture_message("while it is imported")
os.kill(os.getpid(), signal.SIGTERM)

from raw3 import app  # noqa: E402, F401
