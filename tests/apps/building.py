"""Apps that tell how many transactions their process has built: one that calls for no framework, one of Starlette."""

from sentry_sdk.tracing import Transaction
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

built = 0
build = Transaction.__init__


def count(self, *args, **kwargs):
    global built
    built += 1
    build(self, *args, **kwargs)


Transaction.__init__ = count


async def plain(scope, receive, send):
    await PlainTextResponse(str(built))(scope, receive, send)


async def endpoint(request):
    return PlainTextResponse(str(built))


framework = Starlette(routes=[Route("/", endpoint)])
