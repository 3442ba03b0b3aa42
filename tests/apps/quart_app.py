"""A Quart app that knows nothing of Sentry."""

from quart import Quart

app = Quart(__name__)


@app.get("/ok")
async def ok():
    return "ok"


@app.get("/items/<int:number>")
async def item(number):
    return str(number)


@app.get("/boom")
async def boom():
    divisor = 0
    return str(1 // divisor)
