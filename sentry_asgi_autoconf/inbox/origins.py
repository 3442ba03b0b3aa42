"""Answer to the inbox's own host names alone, and to pages from there: of others, somebody could make one lead here."""

from __future__ import annotations

import ipaddress
from socket import gethostname
from typing import Any, Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse

from sentry_asgi_autoconf.inbox.stream import PATHS

# Nobody can register a name below these.
_RESERVED = (".localhost", ".internal")
# What Sentry's SDKs in a browser send and read, and Spotlight's overlay.
_ALLOWED: dict[str, Any] = {
    "allow_methods": ["GET", "POST", "DELETE"],
    "allow_headers": ["*"],
    "expose_headers": ["X-Sentry-Error", "X-Sentry-Rate-Limits", "Retry-After"],
}


class OwnNames:
    """ASGI middleware that refuses requests by another's host name, and by pages of another's, which would read all."""

    def __init__(self, app: Any, names: Collection[str] = ()) -> None:
        self._app = app
        self._names = {name.lower() for name in (*names, gethostname())}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand the request on, or refuse it."""
        headers = Headers(scope=scope)
        host, origin = _name(f"//{headers.get('host', '')}"), headers.get("origin")
        answer = self._app
        # An address is not looked up, so nobody can make it lead elsewhere.
        if not (self._is_own(host) or _address(host)):
            answer = _refusal(421, "by this host name")
        elif origin is not None and not self._is_own(_name(origin)) and _name(origin) != host:
            answer = _refusal(403, "pages of this origin")
        elif origin is not None and _is_for_other_pages(scope["path"]):
            answer = CORSMiddleware(self._app, allow_origins=[origin], **_ALLOWED)
        await answer(scope, receive, send)

    def _is_own(self, name: str | None) -> bool:
        """Whether nobody else can have this name; one without a dot is of this network, a container's say."""
        address = _address(name)
        if address is not None:
            return bool(address.is_loopback)
        return name is not None and ("." not in name or name.endswith(_RESERVED) or name in self._names)


def _name(url: str) -> str | None:
    """Return the name in a URL, empty in that of a client that says no host; None for what has no place for one."""
    try:
        return (urlsplit(url).hostname or "").rstrip(".") if "//" in url else None
    except ValueError:
        return None


def _address(name: str | None) -> Any:
    try:
        return ipaddress.ip_address(name or "")
    except ValueError:
        return None


def _refusal(status: int, whom: str) -> JSONResponse:
    detail = f"the inbox does not answer {whom}: inbox --allow-host NAME makes a name its own"
    return JSONResponse({"detail": detail}, status)


def _is_for_other_pages(path: str) -> bool:
    """Return whether a page of the app that is developed may use a path: to send by, or as Spotlight's overlay does."""
    return path in PATHS or (path.startswith("/api/") and not path.startswith("/api/inbox/"))
