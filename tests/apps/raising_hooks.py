"""Hooks that change what they are given and then fail, and an app that makes something for each of them.

By hand it is initialised here, with the hook that HOOK names.
"""

import os

import raw3
import sentry_sdk
from sentry_sdk import metrics


# What the protocol calls the text of a breadcrumb or an event, of a log, and of a metric, a span or a transaction.
TEXT = ("message", "body", "name", "transaction")


def change(data):
    if "/envelope" in str(data):
        return  # the SDK's own request
    data.update({name: "half-changed" for name in TEXT if name in data})
    data.get("attributes", {})["half"] = "half-changed"


def raises(data, hint):
    change(data)
    raise LookupError("in the hook")


def exits(data, hint):
    change(data)
    raise SystemExit("in the hook")


def drops(data, hint):
    change(data)


def replaces(data, hint):
    change(data)
    return {"type": "another thing"}


if "DSN_BY_HAND" in os.environ:
    option, _, function = os.environ["HOOK"].partition(" ")
    sentry_sdk.init(
        os.environ["DSN_BY_HAND"],
        traces_sample_rate=1.0,
        enable_logs=True,
        trace_lifecycle="stream" if option == "before_send_span" else "static",
        **{option: globals()[function]},
    )


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await raw3.lifespan(receive, send)
        return
    if scope["path"] == "/flush":
        sentry_sdk.flush()
        await raw3.respond(send, 200, b"ok")
        return
    sentry_sdk.add_breadcrumb(message="noted before")
    sentry_sdk.logger.info("logged")
    metrics.count("visits", 1)
    sentry_sdk.capture_message("captured")
    await raw3.respond(send, 200, b"ok")


if "DSN_BY_HAND" in os.environ:
    app = sentry_sdk.integrations.asgi.SentryAsgiMiddleware(app)
