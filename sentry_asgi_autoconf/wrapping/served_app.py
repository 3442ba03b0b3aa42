"""The outermost layer around a served app: it remembers the request and watches the lifespan."""

from __future__ import annotations

from typing import Any, Awaitable, Callable, Sequence

import sentry_sdk
from sentry_sdk.integrations import asgi

from sentry_asgi_autoconf.serving_loops import serving_loops
from sentry_asgi_autoconf.wrapping import current_request
from sentry_asgi_autoconf.wrapping.current_request import Request
from sentry_asgi_autoconf.wrapping.lifespan import Lifespan


class ServedApp:
    """An ASGI 3 app that serves `inner`, and answers for attributes as `app`, the one that was loaded, does."""

    __slots__ = ("_app", "_error_loggers", "_inner")

    def __init__(self, inner: Callable[..., Awaitable[Any]], app: Any, error_loggers: Sequence[str]) -> None:
        """Keep what is served, what was loaded, and the names of the server's loggers."""
        self._inner = inner
        self._app = app
        self._error_loggers = error_loggers

    def __call__(self, scope: Any, receive: Any, send: Any) -> Awaitable[Any]:
        """Serve one scope, without a frame of ours in the app's tracebacks."""
        if serving_loops.matter:
            serving_loops.enter()
        if scope["type"] == "lifespan":
            return Lifespan(self._error_loggers).run(self._inner, scope, receive, send)
        current_request.begin(Request(scope, self, self._scopes_outside()))
        return self._inner(scope, receive, send)

    def _scopes_outside(self) -> tuple[Any, Any]:
        previous = current_request.recall()
        if previous is None or previous.served_by is not self:
            return sentry_sdk.Scope.get_isolation_scope(), sentry_sdk.Scope.get_current_scope()
        # uvicorn begins a pipelined request in the context of the one before: the SDK would take it for a part of that.
        applied = getattr(asgi, "_asgi_middleware_applied", None)
        if applied is not None:
            applied.set(False)
        isolation, current = previous.scopes
        sentry_sdk.Scope.set_isolation_scope(isolation)
        sentry_sdk.Scope.set_current_scope(current)
        return previous.scopes

    def __getattr__(self, name: str) -> Any:
        if name in self.__slots__:  # not set yet, while it is copied
            raise AttributeError(name)
        return getattr(self._app, name)


class ServedCoroutine(ServedApp):
    """The same in the one shape in which every server recognises ASGI 3, for a server that looks at it."""

    __slots__ = ()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> Any:
        """Serve one scope."""
        return await super().__call__(scope, receive, send)
