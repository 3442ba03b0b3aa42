"""A Starlette app that leaves all but one path to another app, mounted at the root."""

from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route


async def page(scope, receive, send):
    if scope["path"].endswith("bad.js"):
        raise ValueError("in the mounted app")
    await PlainTextResponse("page")(scope, receive, send)


async def hello(request):
    return PlainTextResponse(str(1 // int(request.query_params.get("n", 1))))


app = Starlette(routes=[Route("/api", hello), Mount("/", app=page)])
