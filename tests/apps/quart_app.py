"""A Quart app that knows nothing of Sentry."""

from quart import Quart, request

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


@app.post("/divide")
async def divide():
    return str(1 // (await request.get_json())["by"])


@app.get("/sync/<int:by>")
def sync(by):
    return str(1 // by)
