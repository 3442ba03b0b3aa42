"""An app whose start-up raises."""

from raw3 import app as raw3


async def app(scope, receive, send):
    if scope["type"] != "lifespan":
        await raw3(scope, receive, send)
        return
    await receive()
    raise RuntimeError("no database")
