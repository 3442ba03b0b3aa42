"""The app that APP names, instrumented by hand as Sentry's documentation says."""

import importlib
import os

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware

sentry_sdk.init(
    dsn=os.environ["SENTRY_DSN"], traces_sample_rate=None if os.environ.get("ERRORS_ONLY") else 1.0
)

app = importlib.import_module(os.environ["APP"]).app

if os.environ.get("WITH_MIDDLEWARE"):
    app = SentryAsgiMiddleware(app)
