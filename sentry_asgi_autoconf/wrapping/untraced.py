"""Serve requests without a transaction where tracing is off: none could be sent, and it is half of what Sentry costs.

What an error and an outgoing request tell of the trace is kept: the SDK takes it from the scope's propagation context
where tracing is off, with a transaction or without.
"""

from __future__ import annotations

import inspect
from typing import Any, Mapping

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from sentry_sdk.tracing_utils import has_tracing_enabled

# Those whose middleware asks the integration for which methods it makes a transaction.
INTEGRATIONS = ("starlette", "fastapi")
_ARGUMENT = "http_methods_to_capture"
_TRACE_HEADERS = frozenset((b"sentry-trace", b"baggage"))


class Untraced:
    """Has no transactions made, until an app's own `sentry_sdk.init` shows that its code knows Sentry's objects."""

    def __init__(self) -> None:
        """Start with transactions."""
        # What was told to make none, and the methods for which it would.
        self._told: list[tuple[Any, tuple[str, ...]]] = []
        self._given_up = False

    def is_possible(self) -> bool:
        """Whether no transaction is wanted, and this SDK can do without."""
        options = sentry_sdk.get_client().options
        experiments = options.get("_experiments") or {}
        is_streaming = "stream" in (options.get("trace_lifecycle"), experiments.get("trace_lifecycle"))
        can_do_without = _ARGUMENT in inspect.signature(SentryAsgiMiddleware.__init__).parameters
        return can_do_without and not (self._given_up or is_streaming or has_tracing_enabled(options))

    def leave_out(self, maker: Any) -> None:
        """Let a middleware or an integration make no transactions, as its constructor's argument would."""
        if hasattr(maker, _ARGUMENT):
            self._told.append((maker, maker.http_methods_to_capture))
            maker.http_methods_to_capture = ()

    def give_up(self) -> None:
        """Have transactions made as without us, from the next request on."""
        self._given_up = True
        for maker, methods in self._told:
            maker.http_methods_to_capture = methods
        self._told.clear()

    def middleware(self, app: Any, asgi_version: int, mechanism: str) -> Any:
        """Give the app in the SDK's middleware, without transactions."""

        def begin_trace(scope: Any, *channels: Any) -> Any:
            if self._told and scope["type"] == "http":
                sentry_sdk.get_isolation_scope().generate_propagation_context(_trace_headers(scope))
            return app(scope, *channels)

        made = SentryAsgiMiddleware(begin_trace, mechanism_type=mechanism, asgi_version=asgi_version)
        self.leave_out(made)
        return made

    def around(self, integrated: Any, integrations: Mapping[str, Any]) -> Any:
        """Give an app that its framework's integration instruments, without transactions."""
        for name in INTEGRATIONS:
            self.leave_out(integrations.get(name))

        async def in_trace(scope: Any, receive: Any, send: Any) -> None:
            with sentry_sdk.new_scope() as current:
                current.generate_propagation_context(_trace_headers(scope))
                await integrated(scope, receive, send)

        def serve(scope: Any, receive: Any, send: Any) -> Any:
            begins = self._told and scope["type"] == "http"
            return (in_trace if begins else integrated)(scope, receive, send)

        return serve


untraced = Untraced()


def _trace_headers(scope: Mapping[str, Any]) -> dict[str, str]:
    incoming: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        if raw_name in _TRACE_HEADERS:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            incoming[name] = f"{incoming[name]}, {value}" if name in incoming else value
    return incoming
