"""Remember the request that this context serves, and what happens to it."""

from __future__ import annotations

import contextlib
import itertools
import uuid
from contextvars import ContextVar
from typing import Any

# Kept on an exception that was captured: in which process, as it may be handed on to another, and in which request.
_CAPTURED = "_sentry_asgi_autoconf_captured"
_PROCESS = uuid.uuid4().hex
_numbers = itertools.count(1)
# By which the SDK's sampling context tells a rate that was decided before there was a transaction.
DECIDED = "decided_rate"


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
    # The mounts that the request went through, outermost first, with the root paths below them.
    mounts: tuple[tuple[Any, str], ...] = ()
    # The URL routers of channels, and the scopes that they were given.
    routers: tuple[tuple[Any, Any], ...] = ()
    # What it brought along that must not leave, behind the parts of it where that was collected.
    sensitive: tuple[list[Any], Any] = ([], None)
    # By which its transaction was drawn, where there is a budget.
    rate: float | None = None
    has_error = False
    client_left = False

    def __init__(self, scope: dict[str, Any], served_by: object, scopes: tuple[Any, Any]) -> None:
        self.scope = scope
        # The outermost layer around the app, and Sentry's scopes, isolation and current, outside of it.
        self.served_by, self.scopes = served_by, scopes
        # What the client asked for; frameworks change the root path later.
        root, path = scope.get("root_path"), scope.get("path")
        self.path = _below(root, path) if root else path
        # Tells this request from others on what outlives it, and must not keep it alive.
        self.number = next(_numbers)

    @property
    def has_no_transaction_of_ours(self) -> bool:
        """Whether the transaction that our middleware has made is not to be sent."""
        return self.outer_scope is not None or self.is_unwanted or (self.needs_inner and self.inner is None)

    def has_captured(self, error: BaseException) -> bool:
        """Whether this error was captured while this request was served."""
        return getattr(error, _CAPTURED, None) == (_PROCESS, self.number)


def _below(root: Any, path: Any) -> Any:
    """Return the path with the root path, which some servers put before it themselves."""
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


def mark_captured(error: BaseException, request: Request | None) -> None:
    """Have it known of an error that it was captured, in `request` if in any."""
    with contextlib.suppress(Exception):  # an exception class of the app's may raise anything
        setattr(error, _CAPTURED, (_PROCESS, request and request.number))


def was_captured(error: BaseException) -> bool:
    """Whether an error was captured, in whatever request."""
    return hasattr(error, _CAPTURED)


def was_captured_elsewhere(error: BaseException) -> bool:
    """Whether an error comes from another process, in which it was captured, by itself or as the cause of this one."""
    mark = getattr(error, _CAPTURED, None) or getattr(getattr(error, "cause", None), _CAPTURED, None)
    return mark is not None and mark[0] != _PROCESS
