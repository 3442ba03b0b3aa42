"""The app that APP names, instrumented by hand as Sentry's documentation says."""

import importlib
import os

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware

rate = os.environ.get("RATE", "1.0")
options = {"enable_logs": True} if os.environ.get("LOGS") else {}
if os.environ.get("STREAM"):
    options["trace_lifecycle"] = "stream"
sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], traces_sample_rate=float(rate) if rate else None, **options)

app = importlib.import_module(os.environ["APP"]).app

if os.environ.get("WITH_MIDDLEWARE"):
    app = SentryAsgiMiddleware(app)
