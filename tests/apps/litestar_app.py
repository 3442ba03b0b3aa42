"""A Litestar app that knows nothing of Sentry."""

from litestar import Litestar, get


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


app = Litestar([ok, item, boom])
