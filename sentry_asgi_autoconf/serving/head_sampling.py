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
from typing import Any, ClassVar, Iterable, Tuple

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from sentry_sdk.tracing_utils import has_tracing_enabled
from sentry_sdk.utils import capture_internal_exceptions

from sentry_asgi_autoconf.serving.request_layer import RequestLayer
from sentry_asgi_autoconf.serving.traced_request import (
    Plan,
    TracedRequest,
    is_rate,
    is_streaming,
    transaction_of,
)

# Those whose middleware asks the integration for which methods it makes a transaction.
INTEGRATIONS = ("starlette",)
_ARGUMENT = "http_methods_to_capture"


class HeadSampling:
    """Prepares the requests of this process's apps by what the client at hand asks for."""

    def __init__(self) -> None:
        """Begin without a client."""
        self._client: Any = None
        self._plan: Plan | None = None
        self._app_knows_sentry = False

    def app_calls_init(self) -> None:
        """Take note that the app's code knows Sentry's objects: it may rely on a transaction with tracing off, too."""
        self._client, self._app_knows_sentry = None, True

    def middleware(self, app: Any, **arguments: Any) -> RequestLayer:
        """Return the app in the SDK's middleware, which is then asked for each request."""
        made = RequestLayer(app, **arguments)
        self._stand_in(made, "span_origin", _LayerMethods)
        return made

    def around(self, app: Any) -> Any:
        """Give an ASGI 3 app, in a middleware of the SDK's, whose transactions end with their requests."""

        async def traced(request: TracedRequest, receive: Any, send: Any) -> Any:
            with request:
                return await app(request.scope, receive, request.noticing_status(send))

        def serve(scope: Any, receive: Any, send: Any) -> Any:
            plan = self._current_plan() if scope["type"] == "http" else None
            if plan is None:
                return app(scope, receive, send)
            request = TracedRequest(scope, plan)
            _at_hand.set(request)
            # Where nothing needs an end, no frame of ours is in the app's tracebacks.
            return app(scope, receive, send) if plan.rate_of is None else traced(request, receive, send)

        return serve

    def _current_plan(self) -> Plan | None:
        client = sentry_sdk.get_client()
        if client is not self._client:
            self._client, self._plan = client, None
            with capture_internal_exceptions():
                self._plan = self._plan_of(client)
                # A segment that has begun can't be taken back: there, the layer keeps to its own methods.
                _LayerMethods.of_integrations = (
                    set() if is_streaming(client.options) else _all_methods(client.integrations.values())
                )
                for name in INTEGRATIONS:
                    self._stand_in(client.integrations.get(name), "origin")
        return self._plan

    @staticmethod
    def _stand_in(maker: Any, origin: str, kind: type[_Methods] | None = None) -> None:
        """Be asked by what makes transactions, if this SDK asks, and make them with its attribute `origin`."""
        methods = getattr(maker, _ARGUMENT, None)
        if methods is not None and not isinstance(methods, _Methods):
            setattr(maker, _ARGUMENT, (kind or _Methods)(methods, getattr(maker, origin)))

    def _plan_of(self, client: Any) -> Plan | None:
        options = client.options
        if is_streaming(options) or not _names_by_itself():
            return None
        if not has_tracing_enabled(options):
            return None if self._app_knows_sentry else Plan(None)
        trace = sentry_sdk.get_isolation_scope().get_active_propagation_context()
        unsent = transaction_of({"path": "unsent", "type": "http"}, trace, "")
        unsent.sampled = False
        if options.get("instrumenter", "sentry") != "sentry":
            return None
        sampler = options.get("traces_sampler")
        if callable(sampler):
            return Plan(sampler, False, unsent) if getattr(sampler, "needs_no_transaction", False) else None
        rate = options["traces_sample_rate"]
        return Plan(lambda context: rate, True, unsent) if is_rate(rate) else None


class _Methods(Tuple[str, ...]):
    """The methods for which a middleware makes transactions, as it asks for them while it serves a request."""

    origin: str

    def __new__(cls, methods: Iterable[str], origin: str) -> _Methods:
        made = super().__new__(cls, methods)
        made.origin = origin
        return made

    def __getnewargs__(self) -> Any:
        """Return what a copy is made of, for pickle."""
        return tuple(self), self.origin

    def __contains__(self, method: object) -> bool:
        if not self._has(method):
            return False
        request, is_prepared = _at_hand.get(), False
        if request is not None:
            with capture_internal_exceptions():
                is_prepared = request.prepare(self.origin)
        return not is_prepared

    def _has(self, method: object) -> bool:
        return super().__contains__(method)


class _LayerMethods(_Methods):
    """Those of the layer, and those of every active integration, as any of them may be inside."""

    of_integrations: ClassVar[set[str]] = set()

    def _has(self, method: object) -> bool:
        return super()._has(method) or method in self.of_integrations


def _all_methods(integrations: Iterable[Any]) -> set[str]:
    return {method for integration in integrations for method in getattr(integration, _ARGUMENT, ())}


_at_hand: ContextVar[TracedRequest | None] = ContextVar("sentry_asgi_autoconf_request", default=None)

head_sampling = HeadSampling()


def _names_by_itself() -> bool:
    """Whether this SDK's middleware names what is sent, not only its own transaction; it knows `sample_rand` then."""
    return {_ARGUMENT, "asgi_version"} <= set(inspect.signature(SentryAsgiMiddleware.__init__).parameters)
