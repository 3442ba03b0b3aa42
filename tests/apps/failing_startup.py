"""An app that says that its start-up failed."""

from raw3 import app as raw3


async def app(scope, receive, send):
    if scope["type"] != "lifespan":
        await raw3(scope, receive, send)
        return
    await receive()
    await send({"type": "lifespan.startup.failed", "message": "no database"})
