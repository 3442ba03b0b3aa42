"""An app that tells which worker serves it, and fails with what is to be filtered."""

import os


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    if scope["path"] == "/boom":
        loyalty_number = "-".join(("4711", "0815"))  # whole in no source line
        raise RuntimeError(f"worker={os.getpid()}")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(os.getpid()).encode()})
