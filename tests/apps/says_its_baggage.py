"""An app that answers what it would tell of its trace to another service."""

import sentry_sdk
from raw3 import lifespan, respond


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    else:
        await respond(send, 200, sentry_sdk.get_baggage().encode())
