"""A Starlette app that knows nothing of Sentry."""

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def ok(request):
    return PlainTextResponse("ok")


async def item(request):
    return PlainTextResponse(request.path_params["number"])


async def boom(request):
    divisor = 0
    return PlainTextResponse(str(1 // divisor))


async def divide(request):
    return PlainTextResponse(str(1 // (await request.json())["by"]))


def sync(request):
    return PlainTextResponse(str(1 // int(request.path_params["by"])))


routes = [
    Route("/ok", ok),
    Route("/items/{number}", item),
    Route("/boom", boom),
    Route("/divide", divide, methods=["POST"]),
    Route("/sync/{by}", sync),
]
app = Starlette(routes=routes, middleware=[Middleware(GZipMiddleware)])
