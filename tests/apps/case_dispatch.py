"""A gateway that answers some paths itself and leaves the others to an API."""

import sentry_sdk
from fastapi import FastAPI


async def item(number: int):
    return 1 // number


class Gateway:
    def __init__(self):
        self.app = FastAPI()
        self.app.get("/api/{number}")(item)

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["path"].startswith("/api"):
            await self.app(scope, receive, send)
            return
        sentry_sdk.set_tag("own", scope["path"])
        if scope["path"] == "/bad":
            raise ValueError("in the gateway")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"own"})


app = Gateway()
