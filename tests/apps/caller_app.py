"""A plain app that asks another service, then fails."""

import os
import urllib.request


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    urllib.request.urlopen(os.environ["SERVICE"]).read()
    if scope["path"] == "/boom":
        raise KeyError("after the call")
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
