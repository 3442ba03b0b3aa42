"""An app that tells which of the modules in the path are imported in its process."""

import sys


async def app(scope, receive, send):
    assert scope["type"] == "http"
    names = scope["path"].strip("/").split(",")
    body = ",".join(name for name in names if name in sys.modules)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body.encode()})
