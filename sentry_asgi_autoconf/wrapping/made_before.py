"""Make parts of a Starlette or FastAPI app again: its integration instruments them while they are made."""

from __future__ import annotations

import gc
import sys
from typing import Any, Callable, Iterable, Iterator

_MADE_BY_FRAMEWORK = "request_response.<locals>.app"


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


class Made:
    """The frameworks that were imported before, whose integrations have not seen what was made with them."""

    def __init__(self, integrations: Iterable[str]) -> None:
        """Look for them; `integrations` are those of an earlier client, which have."""
        seen = set(integrations)
        self._frameworks = [
            name for name in _MAKERS if name not in seen and _MAKERS[name].module in sys.modules
        ]

    def make_again(self, integrations: Iterable[str]) -> None:
        """Make again what is made with those of these `integrations`."""
        active = set(integrations)
        wanted = [_MAKERS[name] for name in self._frameworks if name in active]
        makers = [(kind, make) for framework in wanted for kind, make in framework.makers()]
        if not makers:
            return
        kinds = tuple(kind for kind, _ in makers)
        # By type(), as isinstance would wake lazy objects.
        for found in [each for each in gc.get_objects() if issubclass(type(each), kinds)]:
            for kind, make in makers:
                if issubclass(type(found), kind):
                    make(found)


class _Framework:
    """A framework's module, and what makes instances of its classes again."""

    def __init__(self, module: str, *makers: tuple[str, str, Callable[[Any], None]]) -> None:
        self.module = module
        self._makers = makers

    def makers(self) -> Iterator[tuple[type, Callable[[Any], None]]]:
        for module, name, make in self._makers:
            kind = getattr(sys.modules.get(module), name, None)
            if kind is not None:
                yield kind, make


def _make_litestar_again(app: Any) -> None:
    """Put the integration's middleware and its hook for exceptions first, and make the handlers of all routes again."""
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
    """Decorate the app's functions as they would be when they are made."""
    route = sys.modules["sentry_sdk.integrations.quart"].Scaffold.route
    for endpoint, function in app.view_functions.items():
        app.view_functions[endpoint] = route(_Registry(), "/")(function)


class _Registry:
    """Stand in for an app where a function is registered."""

    def add_url_rule(self, *args: Any, **kwargs: Any) -> None:
        """Take no note of it."""

    def _check_setup_finished(self, name: str) -> None:
        pass


def _make_django_again(handler: Any) -> None:
    """Load a handler's middleware again."""
    handler.load_middleware(is_async=True)


_MAKERS = {
    "starlette": _Framework(
        "starlette.routing",
        ("starlette.middleware", "Middleware", make_middleware_again),
        ("starlette.routing", "Route", make_route_again),
        ("fastapi.routing", "_IncludedRouter", make_router_again),
    ),
    "litestar": _Framework("litestar.app", ("litestar.app", "Litestar", _make_litestar_again)),
    "quart": _Framework("quart.app", ("quart.app", "Quart", _make_quart_again)),
    "django": _Framework(
        "django.core.handlers.asgi", ("django.core.handlers.asgi", "ASGIHandler", _make_django_again)
    ),
}
