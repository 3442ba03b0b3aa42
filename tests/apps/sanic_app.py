"""A Sanic app, served as ASGI, that knows nothing of Sentry."""

from sanic import Sanic, text

app = Sanic("example")


@app.get("/ok")
async def ok(request):
    return text("ok")


@app.get("/items/<number:int>")
async def item(request, number):
    return text(str(number))


@app.get("/boom")
async def boom(request):
    divisor = 0
    return text(str(1 // divisor))


@app.post("/divide")
async def divide(request):
    return text(str(1 // request.json["by"]))


@app.get("/sync/<by:int>")
def sync(request, by):
    return text(str(1 // by))
