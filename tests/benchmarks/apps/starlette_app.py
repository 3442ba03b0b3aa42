"""A Starlette app that knows nothing of Sentry."""

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


async def item(request):
    return JSONResponse({"number": request.path_params["number"]})


async def boom(request):
    raise RuntimeError("boom")


app = Starlette(routes=[Route("/items/{number:int}", item), Route("/boom", boom)])
