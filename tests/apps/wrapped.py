"""Apps under middleware of their own, and apps that instrument themselves."""

import functools

import raw3
import sentry_sdk
from fastapi_app import app as fastapi_app
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount


class PureMiddleware:
    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(scope, receive, send)


class SlottedMiddleware:
    __slots__ = ("_app",)

    def __init__(self, app):
        self._app = app

    async def __call__(self, scope, receive, send):
        await self._app(scope, receive, send)


def closing_over(app):
    async def middleware(scope, receive, send):
        await app(scope, receive, send)

    return middleware


async def with_options(options, app, scope, receive, send):
    await app(scope, receive, send)


class Lazy:
    """Answers for every attribute."""

    def __getattr__(self, name):
        raise RuntimeError(f"nobody may ask for {name}")

    async def __call__(self, scope, receive, send):
        await raw3.app(scope, receive, send)


class Contained:
    """Holds itself, at once and through what it wraps."""

    def __init__(self):
        self.app, self.wrapped = self, PureMiddleware(self)

    async def __call__(self, scope, receive, send):
        await raw3.app(scope, receive, send)


def wrapping(app, what, is_slow=lambda scope: False):
    @functools.wraps(what)
    async def middleware(scope, receive, send):
        assert not is_slow(scope)
        await app(scope, receive, send)

    return middleware


fastapi_under_pure_middleware = PureMiddleware(SlottedMiddleware(PureMiddleware(fastapi_app)))
fastapi_under_a_closure = closing_over(closing_over(fastapi_app))
fastapi_under_a_partial = functools.partial(with_options, {}, fastapi_app)
fastapi_in_a_method = PureMiddleware(fastapi_app).__call__
raw_under_pure_middleware = PureMiddleware(closing_over(raw3.app))
contains_itself = Contained()
wraps_fastapi = wrapping(fastapi_app, fastapi_app)
wraps_the_call_of_fastapi = wrapping(fastapi_app, fastapi_app.__call__)
lazy = Lazy()
wraps_itself = SentryAsgiMiddleware(raw3.app)
wraps_itself_inside = PureMiddleware(SentryAsgiMiddleware(raw3.app))
starlette_with_sentry = Starlette(
    routes=[Mount("/", raw3.app)], middleware=[Middleware(SentryAsgiMiddleware)], lifespan=None
)


def initialises_itself():
    sentry_sdk.init(traces_sample_rate=1.0, environment="of-the-app")
    return raw3.app
