"""The same Modal app, instrumented by hand."""

import os

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware

sentry_sdk.init(dsn=os.environ["SENTRY_DSN"], traces_sample_rate=1.0)


def plain():
    from raw3 import app

    return SentryAsgiMiddleware(app)


def without_lifespan():
    from raw3_no_lifespan import app

    return SentryAsgiMiddleware(app)


def framework():
    from fastapi_app import app

    return app
