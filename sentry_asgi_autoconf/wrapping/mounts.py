"""Notice the mounts that a request goes through: the route below them knows only its own part of the path."""

from __future__ import annotations

import sys
from itertools import takewhile
from typing import Any, Callable, NamedTuple

from sentry_asgi_autoconf.wrapping import current_request

_PATCHED = "_sentry_asgi_autoconf_patched"


class Passed(NamedTuple):
    """A mount that a request went through, and the root path below it."""

    mount: Any
    root_path: str


def install() -> None:
    """Notice them from now on, if Starlette is imported. Idempotent."""
    mount = getattr(sys.modules.get("starlette.routing"), "Mount", None)
    if mount is None or hasattr(mount.handle, _PATCHED):
        return
    patched = _noticing(mount.handle)
    setattr(patched, _PATCHED, True)
    mount.handle = patched


def _noticing(original: Callable[..., Any]) -> Callable[..., Any]:
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
