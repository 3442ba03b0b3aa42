"""A plain ASGI 3 app that takes no lifespan, as the specification allows."""

from raw3 import app as raw3


async def app(scope, receive, send):
    if scope["type"] not in ("http", "websocket"):
        raise ValueError(f"cannot serve {scope['type']}")
    await raw3(scope, receive, send)
