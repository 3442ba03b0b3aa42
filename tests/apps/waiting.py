"""An app whose /slow fails as soon as somebody asks for /release."""

import asyncio

from raw3 import lifespan, respond

released = asyncio.Event()


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
        return
    if scope["path"] == "/slow":
        await released.wait()
        raise RuntimeError("slow")
    if scope["path"] == "/release":
        released.set()
    await respond(send, 200, b"ok")
