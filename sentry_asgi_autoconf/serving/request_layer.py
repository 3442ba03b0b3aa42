"""The SDK's middleware around an app that no integration serves whole, and what happens inside it.

An app may hand a request on to whatever it likes: nothing but what is called while it is served tells. The layer opens
the scope and the transaction of each request. Where an integration's middleware is called inside, it finds the request
open, and the layer lets it name the transaction. Where one opens a request of its own all the same, the layer's
transaction is not sent.
"""

from __future__ import annotations

import functools
import inspect
import sys
from itertools import takewhile
from typing import Any, Callable

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware
from sentry_sdk.integrations.wsgi import SentryWsgiMiddleware
from sentry_sdk.tracing_utils import has_tracing_enabled
from sentry_sdk.utils import capture_internal_exceptions

from sentry_asgi_autoconf.serving import current_request
from sentry_asgi_autoconf.serving.chained_hooks import is_streaming
from sentry_asgi_autoconf.serving.current_request import Request
from sentry_asgi_autoconf.serving.opened_request import METHODS, OpenedRequest, Plan, applied

# Those whose middleware opens all requests of their frameworks' apps, for the methods that the integration says.
INTEGRATIONS = ("starlette",)
# How a second patch knows the first.
_PATCHED = "_sentry_asgi_autoconf_patched"
# Those whose integrations read the bodies of requests.
_READERS = ("litestar", "sanic", "starlette", "starlite")


class RequestLayer(SentryAsgiMiddleware):
    """Serve an app, with the transaction of each request named by the first integration inside."""

    # Whether only requests that reach an integration inside have a transaction.
    needs_inner = False

    def __init__(self, app: Any, integration: str | None = None, **arguments: Any) -> None:
        super().__init__(app, **arguments)
        # The integration whose middleware the app calls for each request, before all else.
        self.integration = integration
        # For which methods this middleware makes transactions of its own accord; old SDKs do for all.
        self.own_methods = getattr(self, "http_methods_to_capture", ())

    def is_for_inner(self, scope: Any) -> bool:
        """Whether a transaction of this request is only for an integration inside, if the request reaches one."""
        if self.needs_inner or self.integration or not self.own_methods or scope["type"] != "http":
            return self.needs_inner
        return scope.get("method", "").upper() not in self.own_methods

    def event_processor(self, event: Any, hint: Any, asgi_scope: Any) -> Any:
        """Add the request as the server handed it over; name and source are the inner middleware's if it knows them."""
        request = current_request.recall()
        if request is None or request.scope is not asgi_scope:
            return super().event_processor(event, hint, asgi_scope)
        if request.outer_scope not in (None, sentry_sdk.Scope.get_isolation_scope()):
            return event
        if event.get("type") == "transaction" and request.has_no_transaction_of_ours:
            return None
        if request.inner is not None:
            middleware, scope = request.inner
            event = middleware.event_processor(event, hint, asgi_scope=scope)
            if scope is asgi_scope:
                return event
        return super().event_processor(event, hint, asgi_scope)

    def _capture_request_exception(self, exc: Exception) -> None:
        request = current_request.recall()
        if request is None or not request.has_captured(exc):
            super()._capture_request_exception(exc)


class RequestOpener:
    """Opens the requests of this process's apps as the client at hand wants it."""

    def __init__(self) -> None:
        self._client: Any = None
        self._plan: Plan | None = None
        self._app_knows_sentry = False

    def app_calls_init(self) -> None:
        """Take note that the app's code knows Sentry's objects: it may rely on a transaction with tracing off, too."""
        self._client, self._app_knows_sentry = None, True

    def options_change(self) -> None:
        """Take note that the client at hand has other options than before."""
        self._client = None

    def around(self, app: Any, layer: RequestLayer) -> Any:
        """Return an ASGI 3 app that serves `app` in scopes that are told by `layer` what there is to tell."""

        def serve(scope: Any, receive: Any, send: Any) -> Any:
            plan = self._current() if scope["type"] == "http" else None
            request = current_request.recall()
            is_inner = request is None or applied.get(False)
            if plan is None or is_inner or plan.wanted_methods(layer) is None:
                return app(scope, receive, send)
            return plan.make(plan, layer, request).serve(app, receive, send)

        return serve if _is_known else app

    def around_framework(self, app: Any, integration: Any) -> Any:
        """Return the same for an app that calls the middleware of `integration` itself for each request."""
        if not _is_known:
            return app
        arguments = {"transaction_style": integration.transaction_style, "span_origin": integration.origin}
        name = integration.identifier
        return self.around(app, RequestLayer(app, name, mechanism_type=name, asgi_version=3, **arguments))

    def _current(self) -> Plan | None:
        """Return the plan for the client at hand, None if the middleware is to open its requests."""
        client = sentry_sdk.get_client()
        if client is not self._client:
            self._client, self._plan = client, None
            with capture_internal_exceptions():
                self._plan = self._plan_of(client)
        return self._plan

    def _plan_of(self, client: Any) -> Plan | None:
        options = client.options
        if not client.is_active():
            return None
        make: Any = OpenedRequest
        if is_streaming(options):
            from sentry_asgi_autoconf.serving import streamed_request

            if not streamed_request.is_known(options):
                return None
            make = streamed_request.StreamedRequest
        elif has_tracing_enabled(options) or self._app_knows_sentry:
            from sentry_asgi_autoconf.serving import traced_request

            make = traced_request.maker(options)
        return Plan(make, client)


# Whether this SDK's middleware joins a request that is open, and names what is sent, not only its own transaction.
_is_known = applied is not None and {METHODS, "asgi_version"} <= set(
    inspect.signature(SentryAsgiMiddleware.__init__).parameters
)
request_opener = RequestOpener()


def install() -> None:
    """Notice from now on what imported integrations and frameworks do inside a request. Idempotent."""
    _patch(SentryAsgiMiddleware, "_run_app", _noticing_asgi)
    _patch(SentryAsgiMiddleware, "_capture_lifespan_exception", _telling_requests)
    _patch(SentryWsgiMiddleware, "__call__", _noticing_wsgi)
    # Its integration opens a request without a middleware of the SDK's.
    _patch(_imported("sanic.app", "Sanic"), "__call__", _noticing_sanic)
    _patch(_imported("starlette.routing", "Mount"), "handle", _noticing_mount)
    _patch(_imported("channels.routing", "URLRouter"), "__call__", _noticing_router)
    if any(f"sentry_sdk.integrations.{name}" in sys.modules for name in _READERS):
        from sentry_asgi_autoconf.serving import unread_bodies

        unread_bodies.install()


def _imported(module: str, name: str) -> Any:
    return getattr(sys.modules.get(module), name, None)


def _patch(owner: Any, method: str, replacement: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    original = getattr(owner, method, None)
    if original is not None and not hasattr(original, _PATCHED):
        patched = replacement(original)
        setattr(patched, _PATCHED, True)
        setattr(owner, method, patched)


def _noticing_asgi(original: Callable[..., Any]) -> Callable[..., Any]:
    # No coroutine function, so that it leaves no frame in the app's tracebacks.
    def run_app(self: Any, scope: Any, *args: Any, **kwargs: Any) -> Any:
        request = current_request.recall()
        if request is not None and scope["type"] != "lifespan":
            with capture_internal_exceptions():  # The scope may be anything.
                if isinstance(self, RequestLayer):
                    if not request.is_open:
                        request.is_open, request.needs_inner = True, self.is_for_inner(scope)
                elif request.is_open and request.inner is None:
                    _adopt(request, self, scope)
        return original(self, scope, *args, **kwargs)

    return run_app


def _adopt(request: Request, middleware: Any, scope: Any) -> None:
    """Let `middleware`, an integration's, name the transaction that the layer around it has made."""
    request.inner = middleware, scope
    methods = getattr(middleware, "http_methods_to_capture", ())
    if scope["type"] == "http" and scope.get("method", "").upper() not in methods:
        request.is_unwanted = True
    origin = getattr(middleware, "span_origin", None)
    current = sentry_sdk.Scope.get_current_scope()
    segment = getattr(current, "_server_segment_span", None)
    if segment is not None:
        segment.set_attribute("sentry.origin", origin)
    elif (
        current.span is not None and not is_streaming(sentry_sdk.get_client().options) and current.transaction
    ):
        current.transaction.origin = origin


def _telling_requests(original: Callable[..., Any]) -> Callable[..., Any]:
    # Inside an open request the SDK takes every scope for a lifespan's.
    def capture(self: Any, exc: Exception) -> Any:
        in_request = current_request.recall() is not None
        return self._capture_request_exception(exc) if in_request else original(self, exc)

    return capture


def _noticing_wsgi(original: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: Any, environ: Any, start_response: Any) -> Any:
        request = current_request.recall()
        if request is None:
            return original(self, environ, start_response)
        if not request.is_open or is_streaming(sentry_sdk.get_client().options):
            # An integration has opened the request of the ASGI app that this one is mounted in; or there is a segment,
            # which cannot be taken back.
            return self.app(environ, start_response)
        request.outer_scope = sentry_sdk.Scope.get_isolation_scope()
        return original(self, environ, start_response)

    return call


def _noticing_sanic(original: Callable[..., Any]) -> Callable[..., Any]:
    # A coroutine function, as servers look at it to tell ASGI 3 from 2; uvicorn has to get a TypeError without a scope.
    @functools.wraps(original)
    async def call(self: Any, scope: Any, *args: Any, **kwargs: Any) -> Any:
        request = current_request.recall()
        if request is not None and request.is_open and "sanic" in sentry_sdk.get_client().integrations:
            request.outer_scope = sentry_sdk.Scope.get_isolation_scope()
        return await original(self, scope, *args, **kwargs)

    return call


def _noticing_mount(original: Callable[..., Any]) -> Callable[..., Any]:
    # No coroutine function, so that it leaves no frame in the app's tracebacks.
    def handle(self: Any, scope: Any, *args: Any, **kwargs: Any) -> Any:
        request = current_request.recall()
        if request is not None:
            root_path = scope.get("root_path", "")
            # An app may try several mounts in turn: those that do not lead here are left behind.
            above = takewhile(
                lambda passed: passed[0] is not self and f"{root_path}/".startswith(f"{passed[1]}/"),
                request.mounts,
            )
            request.mounts = (*above, (self, root_path))
        return original(self, scope, *args, **kwargs)

    return handle


def _noticing_router(original: Callable[..., Any]) -> Callable[..., Any]:
    # A coroutine function, as servers look at it to tell ASGI 3 from 2.
    @functools.wraps(original)
    async def call(self: Any, scope: Any, *args: Any, **kwargs: Any) -> Any:
        request = current_request.recall()
        if request is not None:
            request.routers = (*request.routers, (self, scope))
        return await original(self, scope, *args, **kwargs)

    return call
