"""Notice what integrations and frameworks do inside a request, as far as they are imported."""

from __future__ import annotations

import functools
import sys
from itertools import takewhile
from typing import Any, Callable, NamedTuple

from sentry_asgi_autoconf.serving import current_request, request_layer, unread_bodies


def install() -> None:
    """Notice it from now on. Idempotent: asked again whenever an integration has been set up."""
    request_layer.install()
    unread_bodies.install()
    notice_mounts()
    notice_url_routers()


_PATCHED = "_sentry_asgi_autoconf_patched"


class Passed(NamedTuple):
    """A mount that a request went through, and the root path below it."""

    mount: Any
    root_path: str


def notice_mounts() -> None:
    """Notice them from now on, if Starlette is imported. Idempotent."""
    mount = getattr(sys.modules.get("starlette.routing"), "Mount", None)
    if mount is None or hasattr(mount.handle, _PATCHED):
        return
    patched = _noticing_mount(mount.handle)
    setattr(patched, _PATCHED, True)
    mount.handle = patched


def _noticing_mount(original: Callable[..., Any]) -> Callable[..., Any]:
    # No coroutine function, so that it leaves no frame in the app's tracebacks.
    def handle(self: Any, scope: Any, *args: Any, **kwargs: Any) -> Any:
        request = current_request.recall()
        if request is not None:
            root_path = scope.get("root_path", "")
            # An app may try several mounts in turn: those that do not lead here are left behind.
            above = takewhile(lambda passed: _leads_to(passed, self, root_path), request.mounts)
            request.mounts = (*above, Passed(self, root_path))
        return original(self, scope, *args, **kwargs)

    return handle


def _leads_to(passed: Passed, mount: Any, root_path: str) -> bool:
    return passed.mount is not mount and f"{root_path}/".startswith(f"{passed.root_path}/")


_PATCHED = "_sentry_asgi_autoconf_patched"


def notice_url_routers() -> None:
    """Notice from now on which URL routers a request goes through, if channels is imported. Idempotent."""
    routing = sys.modules.get("channels.routing")
    router = getattr(routing, "URLRouter", None)
    if router is None or hasattr(router.__call__, _PATCHED):
        return
    patched = _noticing_router(router.__call__)
    setattr(patched, _PATCHED, True)
    router.__call__ = patched


def _noticing_router(original: Callable[..., Any]) -> Callable[..., Any]:
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
