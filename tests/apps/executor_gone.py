"""An app that reports something as it ends, when its loop has no threads any more."""

import asyncio

import sentry_sdk
from raw3 import respond


async def app(scope, receive, send):
    if scope["type"] != "lifespan":
        await respond(send, 200, b"ok")
        return
    await receive()
    await send({"type": "lifespan.startup.complete"})
    await receive()
    sentry_sdk.capture_message("at the end")
    await asyncio.get_running_loop().shutdown_default_executor()
    await send({"type": "lifespan.shutdown.complete"})
