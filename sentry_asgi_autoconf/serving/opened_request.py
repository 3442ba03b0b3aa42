"""Open each HTTP request's scopes before the SDK's middleware would, in a third of its time.

The middleware forks the scopes, builds a session and a transaction, and reads all headers four times, for requests of
which nearly none is sent. A layer of ours does what errors, logs, outgoing requests and the app can tell apart, by the
SDK's public functions. The middleware inside, our own or an integration's, takes the request for one that an outer
middleware has opened, and only captures what the app raises.

Left to the middleware: websockets, and all requests with an SDK that has no such middleware.
"""

from __future__ import annotations

import functools
import os
import random
import re
import time
from datetime import datetime, timezone
from typing import Any, Callable, Mapping

from sentry_sdk import Scope
from sentry_sdk.integrations import asgi
from sentry_sdk.session import Session
from sentry_sdk.utils import capture_internal_exceptions

from sentry_asgi_autoconf.serving.chained_hooks import is_streaming
from sentry_asgi_autoconf.serving.current_request import Request

# Version, trace, parent and flags; ids of zeros are invalid, as is version ff.
_TRACEPARENT = re.compile(
    r"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?\Z"
)
METHODS = "http_methods_to_capture"
# By which the spans of Starlette's middleware call what it is given to send with.
NAME_OF_SEND = "SentryAsgiMiddleware._run_app.<locals>._sentry_wrapped_send"
# How the SDK knows a middleware within another, and a request from this machine; older releases know neither.
applied: Any = getattr(asgi, "_asgi_middleware_applied", None)
_is_localhost: Any = getattr(asgi, "_is_localhost", None)
# Not the app's, whose numbers may have to come out the same. The system's would cost a call of it each, in which
# another thread may take the interpreter.
_generator = random.Random()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_generator.seed)


class Plan:
    """How one client's requests are opened."""

    def __init__(self, make: Callable[..., OpenedRequest], client: Any) -> None:
        self.make = make
        self._streams = is_streaming(client.options)
        self.release, self.environment = client.options.get("release"), client.options.get("environment")
        self.counts_sessions = bool(self.release and client.options.get("auto_session_tracking"))
        makers = {name: getattr(each, METHODS, None) for name, each in client.integrations.items()}
        # By integration, the methods for which its middleware makes transactions.
        self._methods = {name: methods for name, methods in makers.items() if methods is not None}
        self._wanted: dict[Any, frozenset[str] | None] = {}
        # Of the last session: when its minute began, and which one since the epoch that was.
        self.began, self.minute = datetime.fromtimestamp(0, timezone.utc), 0

    def wanted_methods(self, layer: Any) -> frozenset[str] | None:
        """Return the methods for which requests of `layer` have transactions; None if nothing is to open them."""
        if layer not in self._wanted:
            self._wanted[layer] = self._methods_of(layer)
        return self._wanted[layer]

    def _methods_of(self, layer: Any) -> frozenset[str] | None:
        if layer.integration is None:
            # Whatever integrations are inside; but a segment that has begun cannot be taken back.
            inside = () if self._streams else self._methods.values()
            return frozenset(layer.own_methods).union(*inside)
        methods = self._methods.get(layer.integration)
        return None if methods is None else frozenset(methods)


class OpenedRequest:
    """One request in scopes of its own, of a client with tracing off: without a transaction."""

    __slots__ = ("_layer", "_plan", "_request")

    def __init__(self, plan: Plan, layer: Any, request: Request) -> None:
        self._plan, self._layer, self._request = plan, layer, request

    async def serve(self, app: Any, receive: Any, send: Any) -> Any:
        """Serve it in its scopes; what fails on our part leaves it as it is without us."""
        with self:
            return await app(self._request.scope, receive, self._noticing(send))

    def __enter__(self) -> None:
        with capture_internal_exceptions():
            self._open()

    def __exit__(self, *error: Any) -> None:
        isolation, current = self._request.scopes
        with capture_internal_exceptions():
            self._close(error)
        applied.set(False)
        Scope.set_isolation_scope(isolation)
        Scope.set_current_scope(current)

    def _open(self) -> None:
        request, layer, scope = self._request, self._layer, self._request.scope
        outer_isolation, outer_current = request.scopes
        isolation, current = outer_isolation.fork(), outer_current.fork()
        Scope.set_isolation_scope(isolation)
        Scope.set_current_scope(current)
        applied.set(True)
        isolation.clear_breadcrumbs()
        isolation.add_event_processor(functools.partial(layer.event_processor, asgi_scope=scope))
        request.is_open, request.needs_inner = True, layer.is_for_inner(scope)
        if (
            self._plan.counts_sessions
            and getattr(isolation, "_force_auto_session_tracking", None) is not False
        ):
            isolation._session = CountedSession(self._plan)
        headers = _headers(scope["headers"])
        if scope["method"].upper() in (self._plan.wanted_methods(layer) or ()):
            self._begin_trace(isolation, headers)
        _set_attributes(isolation, headers, scope)

    def _begin_trace(self, isolation: Any, headers: dict[str, str]) -> None:
        if "sentry-trace" in headers or "baggage" in headers:
            isolation.generate_propagation_context(headers)
        else:
            isolation.set_new_propagation_context()
        ids = of_w3c(headers) if "traceparent" in headers else None
        if ids:
            trace = isolation.get_active_propagation_context()
            trace.trace_id, trace.parent_span_id = ids

    def _noticing(self, send: Any) -> Any:
        return send

    def _close(self, error: Any) -> None:
        if self._plan.counts_sessions:
            Scope.get_isolation_scope().end_session()


class CountedSession(Session):
    """The session of a request, which is only ever counted by its minute: without an id, and by one look at the clock.

    Its base's `__init__` and `close` draw an id and look three times, `start_session` knows no other class, and each
    session makes its minute anew: 12 us of a request in which nobody asks for them; this takes 1 us. An SDK that looks
    at more of it ends it: then fails test_sessions_are_counted_as_by_hand (tests/serving).
    """

    sid: Any = None
    timestamp: Any = None
    did = duration = user_agent = ip_address = None
    status: Any = "ok"
    errors, session_mode = 0, "request"
    truncated_started: Any = None

    def __init__(self, plan: Plan) -> None:
        self.release, self.environment = plan.release, plan.environment
        minute = int(time.time() / 60)
        if minute != plan.minute:
            plan.began, plan.minute = datetime.fromtimestamp(minute * 60, timezone.utc), minute
        self.started = self.truncated_started = plan.began

    def close(self, status: Any = None) -> None:
        """End it."""
        if self.status == "ok":
            self.status = status or "exited"


def drawn() -> int:
    """Return 64 bits by chance; others, too, in a process that continues another's snapshot, as AWS Lambda makes it."""
    return _generator.getrandbits(64) ^ time.time_ns()


def span_id() -> str:
    """Return the id of a span that begins."""
    return f"{drawn():016x}"


def trace_id() -> str:
    """Return the id of a trace that begins."""
    return f"{drawn():016x}{drawn():016x}"


def of_w3c(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the ids of the trace and the span of a caller that speaks W3C's Trace Context, and not Sentry's.

    Its decision to sample is no concern of ours: the rates here decide, as for a trace that begins.
    """
    if "sentry-trace" in headers:
        return None
    found = _TRACEPARENT.match(headers["traceparent"])
    return (found[1], found[2]) if found else None


def ignore_traceparent() -> None:
    """Continue no trace by W3C's header."""
    _READ.pop(b"traceparent", None)


def _headers(pairs: Any) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in pairs:
        if raw_name in _READ:
            name, value = _READ[raw_name], raw_value.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


_READ = {
    name.encode(): name
    for name in (
        *("sentry-trace", "baggage", "traceparent", "host", "user-agent"),
        *("x-forwarded-for", "x-forwarded-host", "x-real-ip"),
    )
}


def _set_attributes(isolation: Any, headers: Mapping[str, str], scope: Mapping[str, Any]) -> None:
    """Set what logs and metrics tell of a request."""
    if _is_localhost is None:
        return
    host, server, client = headers.get("host"), scope.get("server"), scope.get("client")
    forwarded = headers.get("x-forwarded-for")
    address = client[0] if client else None
    is_local = _is_localhost(
        client_ip=headers.get("x-real-ip", address) if forwarded is None else forwarded.split(",")[0].strip(),
        url_host=server[0] if server and not host else None,
        host_header=host,
        forwarded_host_header=headers.get("x-forwarded-host"),
    )
    isolation.set_attribute("sentry.is_localhost", is_local)
    if headers.get("user-agent"):
        isolation.set_attribute("user_agent.original", headers["user-agent"])
