"""Remember the request that this context serves, and what happens to it."""

from __future__ import annotations

import itertools
from contextvars import ContextVar
from typing import Any, Mapping

_numbers = itertools.count(1)


class Request:
    """One request, or one websocket, as the server handed it to the served app."""

    # Whether our own middleware is around the app, and whether its transaction is for one of the SDK's inside it.
    is_open = False
    needs_inner = False
    # The first middleware of the SDK inside ours, and the scope that it was given.
    inner: tuple[Any, Any] | None = None
    # Whether that one, by its arguments, makes no transaction of such a request.
    is_unwanted = False
    # The isolation scope of ours, once an integration inside has opened the request with one of its own.
    outer_scope: Any = None
    # The mounts that the request went through, outermost first.
    mounts: tuple[Any, ...] = ()
    # The URL routers of channels, and the scopes that they were given.
    routers: tuple[Any, ...] = ()
    has_error = False
    client_left = False

    def __init__(self, scope: dict[str, Any], served_by: object, scopes: tuple[Any, Any]) -> None:
        """Take the ASGI scope, of which frameworks change the root path later.

        `served_by` is the outermost layer around the app, `scopes` are Sentry's, isolation and current, outside of it.
        """
        self.scope = scope
        self.served_by = served_by
        self.scopes = scopes
        # What the client asked for.
        self.path = _path_of(scope) if scope.get("root_path") else scope.get("path")
        # Tells this request from others on what outlives it, and must not keep it alive.
        self.number = next(_numbers)

    @property
    def has_no_transaction_of_ours(self) -> bool:
        """Whether the transaction that our middleware has made is not to be sent."""
        return self.outer_scope is not None or self.is_unwanted or (self.needs_inner and self.inner is None)


def _path_of(scope: Mapping[str, Any]) -> Any:
    """Return the path with the root path, which some servers put before it themselves."""
    path, root = scope.get("path"), scope["root_path"]
    if not isinstance(path, str) or not isinstance(root, str):
        return path
    return path if path == root or path.startswith(f"{root}/") else root + path


_request: ContextVar[Request | None] = ContextVar("sentry_asgi_autoconf_request", default=None)

begin = _request.set
recall = _request.get


def scope() -> dict[str, Any] | None:
    """Return the ASGI scope of the request at hand."""
    request = _request.get()
    return None if request is None else request.scope
