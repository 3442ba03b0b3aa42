"""Make the parts of a FastAPI or Starlette app again that its integration instruments while they are made.

Ray makes them where the deployment is declared, and sends them to its replicas pickled.
"""

from __future__ import annotations

import sys
from typing import Any, Callable, Iterator

_MADE_BY_FRAMEWORK = "request_response.<locals>.app"


def make_again(app: Any) -> None:
    """Make the handlers of the app's routes and the entries of its middleware again, now that they are instrumented."""
    for middleware in getattr(app, "user_middleware", ()):
        options = getattr(middleware, "kwargs", None) or getattr(middleware, "options", {})
        middleware.__init__(middleware.cls, *getattr(middleware, "args", ()), **options)
    for route in _routes(app):
        if hasattr(route, "_effective_candidates_version"):
            route._effective_candidates_version = (
                None  # a router included, whose handlers FastAPI makes when needed
            )
        elif hasattr(route, "endpoint"):
            _make_handler(route)


def _routes(holder: Any) -> Iterator[Any]:
    for route in getattr(holder, "routes", None) or ():
        yield route
        yield from _routes(getattr(route, "original_router", route))


def _make_handler(route: Any) -> None:
    holder = route
    while hasattr(holder.app, "app"):  # limits and middleware of this route
        holder = holder.app
    if getattr(holder.app, "__qualname__", "") != _MADE_BY_FRAMEWORK:
        return
    if hasattr(route, "get_route_handler"):
        request_response: Callable[..., Any] = sys.modules["fastapi.routing"].request_response
        holder.app = request_response(route.get_route_handler())
    else:
        holder.app = sys.modules["starlette.routing"].request_response(route.endpoint)
