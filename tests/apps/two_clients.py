"""An app of which a part reports with another client, bound to the scope of each of its requests."""

import os

import sentry_asgi_autoconf
import sentry_sdk
from raw3 import lifespan, respond

sentry_asgi_autoconf.activate()
second = sentry_sdk.Client(os.environ["SECOND_DSN"], traces_sample_rate=float(os.environ["SECOND_RATE"]))


async def inner(scope, receive, send):
    await respond(send, 200, b"ok")


inner = sentry_asgi_autoconf.wrap(inner)


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["path"] == "/second":
        with sentry_sdk.isolation_scope() as isolation:
            isolation.set_client(second)
            await inner(scope, receive, send)
    else:
        await inner(scope, receive, send)
