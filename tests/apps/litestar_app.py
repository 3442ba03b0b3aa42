"""A Litestar app that knows nothing of Sentry."""

from litestar import Litestar, get, post
from litestar.middleware import AbstractMiddleware


@get("/ok")
async def ok() -> str:
    return "ok"


@get("/items/{number:int}")
async def item(number: int) -> str:
    return str(number)


@get("/boom")
async def boom() -> str:
    divisor = 0
    return str(1 // divisor)


@post("/divide")
async def divide(data: dict[str, int]) -> str:
    return str(1 // data["by"])


@get("/sync/{by:int}", sync_to_thread=True)
def sync(by: int) -> str:
    return str(1 // by)


class Passing(AbstractMiddleware):
    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


app = Litestar([ok, item, boom, divide, sync], middleware=[Passing])
