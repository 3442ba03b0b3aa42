"""Make parts of a Starlette or FastAPI app again: its integration instruments them while they are made."""

from __future__ import annotations

import sys
from typing import Any

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
