"""Answer to the inbox's own names alone: a web page's host name may lead here, and the page would read what is kept."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any, Collection
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse

# Nobody can register a name below these.
_RESERVED = (".localhost", ".internal")


class OwnNames:
    """ASGI middleware that refuses requests by another's host name, and those that another's pages send."""

    def __init__(self, app: Any, names: Collection[str] = ()) -> None:
        """Take `names` for own ones too, besides this machine's."""
        self._app = app
        self._names = {name.lower() for name in (*names, socket.gethostname())}

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
        await answer(scope, receive, send)

    def _is_own(self, name: str | None) -> bool:
        """Whether nobody else can have this name; one without a dot is of this network, a container's say."""
        if name is None:
            return False
        address = _address(name)
        if address is not None:
            return bool(address.is_loopback)
        return "." not in name or name.endswith(_RESERVED) or name in self._names


def _name(url: str) -> str | None:
    """Give the name in a URL, empty in that of a client that says no host; None for what has no place for one."""
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
    return JSONResponse({"detail": detail}, status_code=status)
