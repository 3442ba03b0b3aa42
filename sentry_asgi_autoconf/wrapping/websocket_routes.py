"""Find the route of a websocket that channels has routed, whose scope tells the arguments alone."""

from __future__ import annotations

import functools
import sys
from typing import Any, Callable

from sentry_asgi_autoconf.wrapping import current_request

_PATCHED = "_sentry_asgi_autoconf_patched"


def install() -> None:
    """Notice from now on which URL routers a request goes through, if channels is imported. Idempotent."""
    routing = sys.modules.get("channels.routing")
    router = getattr(routing, "URLRouter", None)
    if router is None or hasattr(router.__call__, _PATCHED):
        return
    patched = _noticing(router.__call__)
    setattr(patched, _PATCHED, True)
    router.__call__ = patched


def _noticing(original: Callable[..., Any]) -> Callable[..., Any]:
    # A coroutine function, as servers look at it to tell ASGI 3 from 2.
    @functools.wraps(original)
    async def call(self: Any, scope: Any, *args: Any, **kwargs: Any) -> Any:
        request = current_request.recall()
        if request is not None:
            request.routers = (*request.routers, (self, scope))
        return await original(self, scope, *args, **kwargs)

    return call


def pattern_of(routers: tuple[Any, ...]) -> str:
    """Return the patterns by which these routers have matched, as the SDK writes Django's; "" if one has not."""
    from sentry_sdk.integrations.django.transactions import LEGACY_RESOLVER

    parts = []
    for router, scope in routers:
        route = next((route for route in router.routes if route.pattern.match(_path_in(scope))), None)
        if route is None:
            return ""
        parts.append(LEGACY_RESOLVER._simplify(route))
    return "/" + "".join(parts).lstrip("/")


def _path_in(scope: Any) -> str:
    path = scope.get("path_remaining")
    if path is None:
        path = scope["path"][len(scope.get("root_path", "")) :]
    return str(path).lstrip("/")
