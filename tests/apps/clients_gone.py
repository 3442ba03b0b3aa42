"""An app in which what frameworks and servers raise for a client that has gone is raised: /module:name."""

import importlib

from raw3 import lifespan, respond

ARGUMENTS = {"litestar.exceptions.websocket_exceptions": {"detail": "gone"}}


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await lifespan(receive, send)
    elif scope["path"] == "/ok":
        await respond(send, 200, b"ok")
    else:
        module, _, name = scope["path"][1:].partition(":")
        raise getattr(importlib.import_module(module), name)(**ARGUMENTS.get(module, {}))
