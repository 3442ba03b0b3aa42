"""A Starlette app that knows nothing of Sentry."""

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def ok(request):
    return PlainTextResponse("ok")


async def item(request):
    return PlainTextResponse(request.path_params["number"])


async def boom(request):
    divisor = 0
    return PlainTextResponse(str(1 // divisor))


app = Starlette(routes=[Route("/ok", ok), Route("/items/{number}", item), Route("/boom", boom)])
