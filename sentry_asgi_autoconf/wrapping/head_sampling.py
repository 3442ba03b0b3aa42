"""Decide at the head of a request whether a transaction of it could be sent, before the SDK's middleware builds one.

To build, start and discard a transaction is more than half of what Sentry costs a request, and of most requests none is
sent. The middleware asks its `http_methods_to_capture`, within the request's scopes, whether to make one: what stands
there in our place says no, once it has prepared by other public means what errors, outgoing requests and the app find.

- With tracing off that is the scope's propagation context: all that the SDK goes by then, transaction or not.
- With a rate it is a transaction: one that is never started where the rate says no, and else one as the SDK starts it.

All else is left to the middleware: traces that a caller has sampled, and samplers that want to see the transaction.
"""

from __future__ import annotations

import inspect
from contextvars import ContextVar
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Tuple

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from sentry_sdk.scope import use_isolation_scope, use_scope
from sentry_sdk.tracing import Transaction
from sentry_sdk.tracing_utils import Baggage, has_tracing_enabled
from sentry_sdk.utils import capture_internal_exceptions

# Those whose middleware asks the integration for which methods it makes a transaction.
INTEGRATIONS = ("starlette",)
_ARGUMENT = "http_methods_to_capture"
_TRACE_HEADERS = frozenset((b"sentry-trace", b"baggage"))

_RateOf = Callable[[Mapping[str, Any]], float]


class _Plan(NamedTuple):
    """What one client's options say of its transactions.

    `rate_of` gives the rate for the sampling context of a request that begins a trace; None with tracing off.
    `heeds_callers` says whether a caller's decision not to sample a trace needs nobody's consent.
    """

    rate_of: _RateOf | None
    heeds_callers: bool


class HeadSampling:
    """Prepares the requests of this process's apps by what the client at hand asks for."""

    def __init__(self) -> None:
        """Begin without a client."""
        self._client: Any = None
        self._plan: _Plan | None = None
        self._app_knows_sentry = False

    def app_calls_init(self) -> None:
        """Take note that the app's code knows Sentry's objects: it may rely on a transaction with tracing off, too."""
        self._client, self._app_knows_sentry = None, True

    def middleware(self, app: Any, **arguments: Any) -> Any:
        """Give the app in the SDK's middleware, which is then asked for each request."""
        made = SentryAsgiMiddleware(app, **arguments)
        self._stand_in(made, "span_origin")
        return made

    def around(self, app: Any) -> Any:
        """Give an ASGI 3 app, in a middleware of the SDK's, whose transactions end with their requests."""

        async def traced(request: _Request, receive: Any, send: Any) -> None:
            with request:
                await app(request.scope, receive, request.noticing_status(send))

        def serve(scope: Any, receive: Any, send: Any) -> Any:
            plan = self._current_plan() if scope["type"] == "http" else None
            if plan is None:
                return app(scope, receive, send)
            request = _Request(scope, plan)
            _at_hand.set(request)
            # Where nothing needs an end, no frame of ours is in the app's tracebacks.
            return app(scope, receive, send) if plan.rate_of is None else traced(request, receive, send)

        return serve

    def _current_plan(self) -> _Plan | None:
        client = sentry_sdk.get_client()
        if client is not self._client:
            self._client, self._plan = client, None
            with capture_internal_exceptions():
                self._plan = self._plan_of(client)
                for name in INTEGRATIONS:
                    self._stand_in(client.integrations.get(name), "origin")
        return self._plan

    @staticmethod
    def _stand_in(maker: Any, origin: str) -> None:
        """Be asked by what makes transactions, if this SDK asks, and make them with its attribute `origin`."""
        methods = getattr(maker, _ARGUMENT, None)
        if methods is not None and not isinstance(methods, _Methods):
            setattr(maker, _ARGUMENT, _Methods(methods, getattr(maker, origin)))

    def _plan_of(self, client: Any) -> _Plan | None:
        options = client.options
        if _is_streaming(options) or not _names_by_itself():
            return None
        if not has_tracing_enabled(options):
            return None if self._app_knows_sentry else _Plan(None, True)
        if options.get("instrumenter", "sentry") != "sentry" or not _has_sample_rand():
            return None
        sampler = options.get("traces_sampler")
        if callable(sampler):
            return _Plan(sampler, False) if getattr(sampler, "needs_no_transaction", False) else None
        rate = options["traces_sample_rate"]
        return _Plan(lambda context: rate, True) if _is_rate(rate) else None


class _Methods(Tuple[str, ...]):
    """The methods for which a middleware makes transactions, as it asks for them while it serves a request."""

    origin: str

    def __new__(cls, methods: Iterable[str], origin: str) -> _Methods:
        made = super().__new__(cls, methods)
        made.origin = origin
        return made

    def __contains__(self, method: object) -> bool:
        if not super().__contains__(method):
            return False
        request, is_prepared = _at_hand.get(), False
        if request is not None:
            with capture_internal_exceptions():
                is_prepared = request.prepare(self.origin)
        return not is_prepared


class _Request:
    """One request, and the transaction that was made for it, if any was."""

    __slots__ = ("_plan", "_scopes", "_transaction", "_was_asked", "scope")

    def __init__(self, scope: Any, plan: _Plan) -> None:
        self.scope = scope
        self._plan = plan
        self._was_asked = False
        self._transaction: Any = None
        # Those of the request, if its transaction was started.
        self._scopes: tuple[Any, Any] | None = None

    def prepare(self, origin: str) -> bool:
        """Prepare the scopes at hand, those of the request; False if that is left to the middleware."""
        if self._was_asked:  # a request within it
            return False
        self._was_asked = True
        isolation = sentry_sdk.get_isolation_scope()
        isolation.generate_propagation_context(_trace_headers(self.scope))
        if self._plan.rate_of is None:
            return True
        trace = isolation.get_active_propagation_context()
        if trace.parent_span_id is None:
            rate = self._plan.rate_of({"asgi_scope": self.scope, "parent_sampled": None})
            # As the SDK does, from the trace's id alone: it is as random as anything.
            rand = int(trace.trace_id[:8], 16) * 1_000_000 >> 32
            # What others decide by further down, and the SDK itself when the transaction starts.
            baggage: Any = Baggage({"sample_rand": f"{rand / 1_000_000:.6f}"}, mutable=True)
        elif trace.parent_sampled is False and self._plan.heeds_callers:
            rate, rand, baggage = 0.0, 0, trace.baggage
        else:
            return False
        if not _is_rate(rate):
            return False
        self._begin(trace, origin, baggage, rate, is_sampled=rand < rate * 1_000_000)
        return True

    def _begin(self, trace: Any, origin: str, baggage: Any, rate: float, *, is_sampled: bool) -> None:
        current = sentry_sdk.get_current_scope()
        transaction = Transaction(
            op="http.server",
            # Until a framework knows the route; the middleware names what is sent.
            name=self.scope["path"],
            source="url",
            origin=origin,
            trace_id=trace.trace_id,
            parent_span_id=trace.parent_span_id,
            parent_sampled=trace.parent_sampled,
            same_process_as_parent=False,
            baggage=baggage,
            sampled=None if is_sampled else False,
        )
        transaction.set_tag("asgi.type", self.scope["type"])
        if is_sampled:
            sentry_sdk.start_transaction(transaction, custom_sampling_context={"asgi_scope": self.scope})
            transaction.__enter__()
            self._scopes = (sentry_sdk.get_isolation_scope(), current)
        else:
            transaction.sample_rate = float(rate)
            current.span = transaction
        self._transaction = transaction

    def noticing_status(self, send: Any) -> Any:
        """Give `send`, for the transaction to notice the status of the response."""

        async def noticing(message: Any) -> None:
            if (
                self._transaction is not None
                and message.get("type") == "http.response.start"
                and "status" in message
            ):
                self._transaction.set_http_status(message["status"])
            await send(message)

        return noticing

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: Any) -> None:
        if self._transaction is None:
            return
        if self._scopes is None:
            self._transaction.finish()  # counts as one that is not sent
            return
        isolation, current = self._scopes
        with use_isolation_scope(isolation), use_scope(current):
            self._transaction.__exit__(*error)


_at_hand: ContextVar[_Request | None] = ContextVar("sentry_asgi_autoconf_request", default=None)

head_sampling = HeadSampling()


def _names_by_itself() -> bool:
    """Whether this SDK's middleware names what is sent, and not only its own transaction."""
    return {_ARGUMENT, "asgi_version"} <= set(inspect.signature(SentryAsgiMiddleware.__init__).parameters)


def _is_streaming(options: Mapping[str, Any]) -> bool:
    experiments = options.get("_experiments") or {}
    return "stream" in (options.get("trace_lifecycle"), experiments.get("trace_lifecycle"))


def _has_sample_rand() -> bool:
    """Whether this SDK decides by what a transaction's baggage says: then it says so in what it sends itself."""
    baggage = Transaction(name="", sampled=False).get_baggage()
    return "sample_rand" in baggage.sentry_items


def _is_rate(rate: Any) -> bool:
    return isinstance(rate, (int, float)) and 0 <= rate <= 1


def _trace_headers(scope: Mapping[str, Any]) -> dict[str, str]:
    incoming: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        if raw_name in _TRACE_HEADERS:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
            incoming[name] = f"{incoming[name]}, {value}" if name in incoming else value
    return incoming
