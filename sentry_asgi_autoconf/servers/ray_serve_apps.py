"""Make the parts of a FastAPI or Starlette app again that its integration instruments while they are made.

Ray makes them where the deployment is declared, and sends them to its replicas pickled.
"""

from __future__ import annotations

from typing import Any, Iterator

from sentry_asgi_autoconf import starlette_parts


def make_again(app: Any) -> None:
    """Make the handlers of the app's routes and the entries of its middleware again, now that they are instrumented."""
    for entry in getattr(app, "user_middleware", ()):
        starlette_parts.make_middleware_again(entry)
    for route in _routes(app):
        if hasattr(route, "_effective_candidates_version"):
            starlette_parts.make_router_again(route)
        elif hasattr(route, "endpoint"):
            starlette_parts.make_route_again(route)


def _routes(holder: Any) -> Iterator[Any]:
    for route in getattr(holder, "routes", None) or ():
        yield route
        yield from _routes(getattr(route, "original_router", route))
