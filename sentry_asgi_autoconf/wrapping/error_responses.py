"""Report a 5xx response that no captured error explains: the app caught its error, and told nobody but the client."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Awaitable, Callable

import sentry_sdk
from sentry_sdk.scope import use_isolation_scope, use_scope

from sentry_asgi_autoconf.wrapping import current_request


def reporting(app: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    """Return an ASGI 3 app that serves `app`, in whatever opens its requests, and reports such responses."""

    async def serve_http(scope: Any, receive: Any, send: Any) -> Any:
        response = _Response(send)
        result = await app(scope, receive, response.send)
        # One that raises has told why.
        request = current_request.recall()
        if request is not None and not request.has_error:
            response.report(scope)
        return result

    def serve(scope: Any, receive: Any, send: Any) -> Awaitable[Any]:
        return (serve_http if scope["type"] == "http" else app)(scope, receive, send)

    return serve


class _Response:
    """The status of a response, and the scopes of its request."""

    def __init__(self, send: Callable[[Any], Awaitable[Any]]) -> None:
        self._send = send
        self._status = 0
        self._scopes: tuple[Any, Any] | None = None

    async def send(self, message: Any) -> Any:
        status = message.get("status") if isinstance(message, dict) else None
        if isinstance(status, int) and status >= 500:
            # Here they are those of the request; they are gone when the app has returned.
            self._scopes = sentry_sdk.Scope.get_isolation_scope(), sentry_sdk.Scope.get_current_scope()
            self._status = status
        return await self._send(message)

    def report(self, scope: Any) -> None:
        """Capture the response, if it is such a one."""
        if self._scopes is None:
            return
        isolation, current = self._scopes
        with use_isolation_scope(isolation), use_scope(current):
            sentry_sdk.capture_event(
                {
                    "level": "error",
                    "message": f"{self._status} {_reason(self._status)}: {scope['method']} {scope['path']}",
                    # By route, not by path.
                    "fingerprint": ["5xx response", str(self._status), "{{ transaction }}"],
                }
            )


def _reason(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "response"
