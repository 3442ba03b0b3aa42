"""Apps that return a value, which ASGI has no use for and servers complain of."""

import raw3
from fastapi import FastAPI

VALUE = "a value"


async def plain(scope, receive, send):
    await raw3.app(scope, receive, send)
    return VALUE if scope["type"] == "http" else None


class Service(FastAPI):
    async def __call__(self, scope, receive, send):
        await super().__call__(scope, receive, send)
        return VALUE if scope["type"] == "http" else None


fast = Service()


@fast.get("/ok")
async def ok():
    return "ok"


class Double:
    """An ASGI 2 app."""

    def __init__(self, scope):
        self.scope = scope

    async def __call__(self, receive, send):
        return await plain(self.scope, receive, send)
