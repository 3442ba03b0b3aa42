"""Decide at the head of a request whether a transaction of it could be sent, before the SDK's middleware builds one.

To build, start and discard a transaction is more than half of what Sentry costs a request, and of most requests none is
sent. The middleware asks its `http_methods_to_capture`, within the request's scopes, whether to make one: what stands
there in our place says no, once it has prepared by other public means what errors, outgoing requests and the app find.

- With tracing off that is the scope's propagation context: all that the SDK goes by then, transaction or not.
- With a rate it is a transaction: one that is never started where the rate says no, and else one as the SDK starts it.

All else is left to the middleware: traces that a caller has sampled, and samplers that want to see the transaction.
"""

from __future__ import annotations

import functools
import inspect
from contextvars import ContextVar
from typing import Any, Callable, Collection, Iterable, Tuple

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from sentry_sdk.tracing_utils import has_tracing_enabled
from sentry_sdk.utils import capture_internal_exceptions

from sentry_asgi_autoconf.serving.chained_hooks import is_streaming
from sentry_asgi_autoconf.serving.request_layer import RequestLayer, UntracedRequest

# Those whose middleware asks the integration for which methods it makes a transaction.
INTEGRATIONS = ("starlette",)
_ARGUMENT = "http_methods_to_capture"


class HeadSampling:
    """Prepares the requests of this process's apps by what the client at hand asks for."""

    def __init__(self) -> None:
        self._client: Any = None
        self._make_request: Callable[[Any], UntracedRequest] | None = None
        self._app_knows_sentry = False
        # The methods of every active integration, as any of them may be inside the layer.
        self._methods_inside: set[str] = set()

    def app_calls_init(self) -> None:
        """Take note that the app's code knows Sentry's objects: it may rely on a transaction with tracing off, too."""
        self._client, self._app_knows_sentry = None, True

    def middleware(self, app: Any, **arguments: Any) -> RequestLayer:
        """Return the app in the SDK's middleware, which is then asked for each request."""
        layer = RequestLayer(app, **arguments)
        _answer_for(layer, "span_origin", self._methods_inside)
        return layer

    def around(self, app: Any) -> Any:
        """Return an ASGI 3 app that serves `app`, in a middleware of the SDK's, and ends transactions with requests."""

        def serve(scope: Any, receive: Any, send: Any) -> Any:
            make_request = self._current() if scope["type"] == "http" else None
            if make_request is None:
                return app(scope, receive, send)
            request = make_request(scope)
            _at_hand.set(request)
            return request.serve(app, receive, send)

        return serve

    def _current(self) -> Callable[[Any], UntracedRequest] | None:
        """Return what makes the requests of the client at hand, None if they are left to the SDK."""
        client = sentry_sdk.get_client()
        if client is not self._client:
            self._client, self._make_request = client, None
            with capture_internal_exceptions():
                self._make_request = self._maker(client.options)
                # A segment that has begun can't be taken back: there, the layer keeps to its own methods.
                makers = [] if is_streaming(client.options) else client.integrations.values()
                methods = {method for maker in makers for method in getattr(maker, _ARGUMENT, ())}
                self._methods_inside.update(methods)
                self._methods_inside.intersection_update(methods)
                for name in INTEGRATIONS:
                    _answer_for(client.integrations.get(name), "origin")
        return self._make_request

    def _maker(self, options: dict[str, Any]) -> Callable[[Any], UntracedRequest] | None:
        if is_streaming(options) or not _names_by_itself():
            return None
        if not has_tracing_enabled(options):
            return None if self._app_knows_sentry else UntracedRequest
        from sentry_asgi_autoconf.serving import traced_request

        plan = traced_request.plan_of(options)
        return plan and functools.partial(traced_request.TracedRequest, plan)


_at_hand: ContextVar[UntracedRequest | None] = ContextVar("sentry_asgi_autoconf_head", default=None)


class _Methods(Tuple[str, ...]):
    """The methods for which a middleware makes transactions, as it asks for them while it serves a request.

    To prepare a request when a tuple is asked for an item is odd; but nothing else is asked of us within the request's
    scopes before a transaction is built. It saves 54 us of 166 (a plain app with tracing off; 86 of 318 with FastAPI).
    A `continue_trace` of ours in the SDK's module would be called later, once the SDK has read all headers again (3 us
    for six), which is more than docs/benchmarks.md leaves for FastAPI. An SDK whose middleware does not ask, or has a
    hook, ends it: test_a_transaction_is_built_only_where_it_is_sent (tests/serving) fails then. Measured with SDK 2.75
    and Python 3.11, on a machine with other work.
    """

    origin: str
    others: Collection[str]

    def __new__(cls, methods: Iterable[str], origin: str, others: Collection[str]) -> _Methods:
        made = super().__new__(cls, methods)
        made.origin, made.others = origin, others
        return made

    def __getnewargs__(self) -> Any:
        return tuple(self), self.origin, self.others

    def __contains__(self, method: object) -> bool:
        if not (super().__contains__(method) or method in self.others):
            return False
        request, is_prepared = _at_hand.get(), False
        if request is not None:
            with capture_internal_exceptions():
                is_prepared = request.prepare(self.origin)
        return not is_prepared


def _answer_for(maker: Any, origin: str, others: Collection[str] = ()) -> None:
    """Be asked by what makes transactions, if this SDK asks, and make them with its attribute `origin`."""
    methods = getattr(maker, _ARGUMENT, None)
    if methods is not None and not isinstance(methods, _Methods):
        setattr(maker, _ARGUMENT, _Methods(methods, getattr(maker, origin), others))


def _names_by_itself() -> bool:
    """Whether this SDK's middleware names what is sent, not only its own transaction; it knows `sample_rand` then."""
    return {_ARGUMENT, "asgi_version"} <= set(inspect.signature(SentryAsgiMiddleware.__init__).parameters)


head_sampling = HeadSampling()
