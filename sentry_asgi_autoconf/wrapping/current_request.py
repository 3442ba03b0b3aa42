"""Remember the request that this context serves, and what happens to it."""

from __future__ import annotations

import itertools
from contextvars import ContextVar
from typing import Any

_numbers = itertools.count(1)


class Request:
    """One request, or one websocket, as the server handed it to the served app."""

    __slots__ = (
        "client_left",
        "has_error",
        "inner",
        "is_open",
        "is_unwanted",
        "mounts",
        "needs_inner",
        "number",
        "outer_scope",
        "path",
        "routers",
        "scope",
    )

    def __init__(self, scope: dict[str, Any], path: str | None) -> None:
        """Take the ASGI scope, which frameworks change later, and the path that the client asked for."""
        self.scope = scope
        self.path = path
        # Tells this request from others on what outlives it; not by the object itself, which must not be kept alive.
        self.number = next(_numbers)
        # Whether our own middleware is around the app, and whether its transaction is for one of the SDK's inside it.
        self.is_open = False
        self.needs_inner = False
        # The first middleware of the SDK inside ours, and the scope that it was given.
        self.inner: tuple[Any, Any] | None = None
        # Whether that one, by its arguments, makes no transaction of such a request.
        self.is_unwanted = False
        # The isolation scope of ours, once an integration inside has opened the request with one of its own.
        self.outer_scope: Any = None
        # The mounts that the request went through, outermost first.
        self.mounts: tuple[Any, ...] = ()
        # The URL routers of channels, and the scopes that they were given.
        self.routers: tuple[Any, ...] = ()
        self.has_error = False
        self.client_left = False

    @property
    def has_no_transaction_of_ours(self) -> bool:
        """Whether the transaction that our middleware has made is not to be sent."""
        return self.outer_scope is not None or self.is_unwanted or (self.needs_inner and self.inner is None)


_request: ContextVar[Request | None] = ContextVar("sentry_asgi_autoconf_request", default=None)

begin = _request.set
recall = _request.get


def scope() -> dict[str, Any] | None:
    """Return the ASGI scope of the request at hand."""
    request = _request.get()
    return None if request is None else request.scope
