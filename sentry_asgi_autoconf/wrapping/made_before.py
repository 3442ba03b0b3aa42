"""Make parts of a Starlette or FastAPI app, say, again: its integration instruments them while they are made."""

from __future__ import annotations

import gc
import sys
from typing import Any, Callable, Iterable, Tuple

_MADE_BY_FRAMEWORK = "request_response.<locals>.app"
Maker = Tuple[str, str, Callable[[Any], None]]


def make_again(integrations: Iterable[str]) -> None:
    """Make again what is made with the frameworks of these `integrations`, which have not seen it."""
    makers = []
    for module, name, make in (maker for each in integrations for maker in _MAKERS.get(each, ())):
        kind = getattr(sys.modules.get(module), name, None)
        if kind is not None:
            makers.append((kind, make))
    if not makers:
        return
    kinds = tuple(kind for kind, _ in makers)
    # By type(), as isinstance would wake lazy objects.
    for found in [each for each in gc.get_objects() if issubclass(type(each), kinds)]:
        for kind, make in makers:
            if issubclass(type(found), kind):
                make(found)


def make_middleware_again(entry: Any) -> None:
    """Make an entry of an app's middleware again."""
    options = getattr(entry, "kwargs", None) or getattr(entry, "options", {})
    entry.__init__(entry.cls, *getattr(entry, "args", ()), **options)


def make_route_again(route: Any) -> None:
    """Make the handler of a route again, unless somebody has put another in its place."""
    holder = route
    while hasattr(holder.app, "app"):  # limits and middleware of this route
        holder = holder.app
    if getattr(holder.app, "__qualname__", "") != _MADE_BY_FRAMEWORK:
        return
    if hasattr(route, "get_route_handler"):
        holder.app = sys.modules["fastapi.routing"].request_response(route.get_route_handler())
    else:
        holder.app = sys.modules["starlette.routing"].request_response(route.endpoint)


def make_router_again(included: Any) -> None:
    """Have FastAPI make the handlers of an included router again, when it needs them."""
    included._effective_candidates_version = None


def _make_litestar_again(app: Any) -> None:
    integration: Any = sys.modules["sentry_sdk.integrations.litestar"]
    if integration.SentryLitestarASGIMiddleware in app.middleware:
        return

    async def after_exception(error: Exception, scope: Any) -> None:
        integration.exception_handler(error, scope)

    app.after_exception.insert(0, after_exception)
    app.middleware.insert(0, integration.SentryLitestarASGIMiddleware)
    app.asgi_router = type(app.asgi_router)(app=app)
    app.asgi_router.construct_routing_trie()
    app.asgi_handler = app._create_asgi_handler()


def _make_quart_again(app: Any) -> None:
    route = sys.modules["sentry_sdk.integrations.quart"].Scaffold.route
    for endpoint, function in app.view_functions.items():
        app.view_functions[endpoint] = route(_Registry(), "/")(function)


class _Registry:
    """Stand in for an app where a function is registered: take no note of it."""

    def add_url_rule(self, *args: Any, **kwargs: Any) -> None:
        pass

    def _check_setup_finished(self, name: str) -> None:
        pass


# By integration, modules and their classes whose instances are made again.
_MAKERS: dict[str, tuple[Maker, ...]] = {
    "starlette": (
        ("starlette.middleware", "Middleware", make_middleware_again),
        ("starlette.routing", "Route", make_route_again),
        ("fastapi.routing", "_IncludedRouter", make_router_again),
    ),
    "litestar": (("litestar.app", "Litestar", _make_litestar_again),),
    "quart": (("quart.app", "Quart", _make_quart_again),),
    "django": (
        ("django.core.handlers.asgi", "ASGIHandler", lambda handler: handler.load_middleware(is_async=True)),
    ),
}
