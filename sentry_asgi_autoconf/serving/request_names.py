"""Name events by what the client asked for, where the SDK cannot know it.

- The root path of a server is part of the path once, whether or not the server has put it there itself.
- A mount is part of the name of the route that it leads to.
- No name is empty.
- A websocket of channels, and a Litestar request that ends before its handler, have the name of their route.
- A websocket whose client leaves has ended well.
"""

from __future__ import annotations

from typing import Any

import sentry_sdk
from sentry_sdk.utils import Dsn, capture_internal_exceptions, transaction_from_function

from sentry_asgi_autoconf.serving import current_request
from sentry_asgi_autoconf.serving.current_request import Request

# What the SDK calls a request whose route it does not find.
_UNNAMED = ("generic Starlette request", "generic FastAPI request", "generic ASGI request")


def complete(event: Any, hint: Any) -> Any:
    """Name an error event or a transaction of the request at hand."""
    # What an app's processors have made of the event may be of any shape, and it is sent all the same.
    with capture_internal_exceptions():
        if event.get("type") == "transaction":
            _drop_delivery(event)
        request = current_request.recall()
        if request is not None and isinstance(request.path, str) and "request" in event:
            interface = event["request"]
            if isinstance(interface, dict) and isinstance(interface.get("url"), str):
                interface["url"] = _corrected(interface["url"], request)
            _name(event, request)
            _end_websocket(event, request.client_left)
    return event


def _corrected(url: str, request: Request) -> str:
    """Return the URL with the path that was asked for, if the SDK has made its path of the scope."""
    scheme, separator, rest = url.partition("://")
    origin = f"{scheme}://{rest.partition('/')[0]}" if separator else ""
    path, root = request.scope.get("path"), request.scope.get("root_path") or ""
    return f"{origin}{request.path}" if url[len(origin) :] in (path, f"{root}{path}") else url


def _name(event: Any, request: Request) -> None:
    info = event.get("transaction_info")
    source = info.get("source") if isinstance(info, dict) else None
    name = event.get("transaction") or ""
    if source == "route":
        name = _with_mounts(name, request)
    elif source == "url":
        name, source = _route_of(request) or (_corrected(name, request), source)
    if not name:
        name, source = request.path, "url"
    if name != event.get("transaction"):
        event["transaction"], event["transaction_info"] = name, {**(info or {}), "source": source}


def _with_mounts(name: str, request: Request) -> str:
    mounts, route = [mount for mount, _ in request.mounts], request.scope.get("route")
    if name in _UNNAMED and route is not None:
        name = getattr(route, "path", name)
    if mounts and route is mounts[-1]:
        mounts = mounts[:-1]  # what it leads to has no routes: files, say
    return "".join(mount.path for mount in mounts) + name if not name or name[0] == "/" else name


def _route_of(request: Request) -> tuple[str, str] | None:
    """Return name and source of a route that only its framework knows."""
    if request.routers:
        pattern = _pattern_of(request.routers)
        return (pattern, "route") if pattern else None
    handler = request.scope.get("route_handler")  # Litestar's
    if handler is None or request.scope.get("type") != "http":
        return None
    function = getattr(handler.fn, "value", handler.fn)
    name = handler.name or transaction_from_function(function)
    return (name, "component") if name else None


def _pattern_of(routers: tuple[tuple[Any, Any], ...]) -> str:
    """Return the patterns by which these routers have matched, as the SDK writes Django's; "" if one has not."""
    from sentry_sdk.integrations.django.transactions import LEGACY_RESOLVER

    parts = []
    for router, scope in routers:
        path = scope.get("path_remaining")
        if path is None:
            path = scope["path"][len(scope.get("root_path", "")) :]
        route = next((each for each in router.routes if each.pattern.match(str(path).lstrip("/"))), None)
        if route is None:
            return ""
        parts.append(LEGACY_RESOLVER._simplify(route))
    return "/" + "".join(parts).lstrip("/")


def _end_websocket(event: Any, client_left: bool) -> None:
    """Say that a websocket is ok which no error has ended; that its client has left, an exception may tell the app."""
    trace = (event.get("contexts") or {}).get("trace") or {}
    is_websocket = event.get("type") == "transaction" and trace.get("op") == "websocket.server"
    if is_websocket and trace.get("status") in ((None, "internal_error") if client_left else (None,)):
        trace["status"] = "ok"


def _drop_delivery(event: Any) -> None:
    """Leave out the spans of the SDK's own requests to its receiver, which it knows only at the default port."""
    spans, dsn = event.get("spans"), sentry_sdk.get_client().options.get("dsn")
    if not spans or not dsn or not isinstance(spans, list):
        return
    receiver = f"://{Dsn(dsn).netloc}/"

    def delivers(span: Any) -> bool:
        is_request = isinstance(span, dict) and span.get("op") == "http.client"
        url = str(span.get("description")) if is_request else ""
        return receiver in url and url.endswith("/envelope/")

    event["spans"] = [span for span in spans if not delivers(span)]
