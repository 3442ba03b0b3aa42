"""Wrap an app exactly once: leave it to the Sentry middleware that it has, or give it one.

It may have its framework's, which an integration puts around it, or one of its own, at any depth.
"""

from __future__ import annotations

import functools
import inspect
from types import FunctionType, MethodType
from typing import Any, Container, Iterable, Iterator, Sequence

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware

from sentry_asgi_autoconf.flushing.flush import MECHANISM
from sentry_asgi_autoconf.serving import request_layer, served_app
from sentry_asgi_autoconf.serving.request_layer import INTEGRATIONS, RequestLayer, request_opener
from sentry_asgi_autoconf.serving.served_app import ServedApp

# Class (module, name) → the integration that makes a transaction for each of its requests, if any does.
_FRAMEWORKS: dict[tuple[str, str], str | None] = {
    ("starlette.applications", "Starlette"): "starlette",  # FastAPI is a subclass
    ("django.core.handlers.asgi", "ASGIHandler"): "django",
    ("quart.app", "Quart"): "quart",
    ("litestar.app", "Litestar"): "litestar",
    ("starlite.app", "Starlite"): "starlite",
    ("sanic.app", "Sanic"): "sanic",
    # WSGI apps, which are served as ASGI through a bridge.
    ("bottle", "Bottle"): "bottle",
    ("django.core.handlers.wsgi", "WSGIHandler"): "django",
    ("falcon.api", "API"): "falcon",
    ("falcon.app", "App"): "falcon",
    ("falcon.asgi.app", "App"): None,  # a subclass that its integration does not reach
    ("flask.app", "Flask"): "flask",
    ("pyramid.router", "Router"): "pyramid",
}
_SENTRY_MIDDLEWARE = ("sentry_sdk.integrations.asgi", "SentryAsgiMiddleware")
_SENTRY_WSGI_MIDDLEWARE = ("sentry_sdk.integrations.wsgi", "SentryWsgiMiddleware")
# Frameworks whose integration opens a request inside the app's own handling of errors: it is told of some too late.
_OPENED_INSIDE = ("litestar", "starlite")
# It calls a WSGI app in a thread that knows nothing of the request, so what is inside cannot join one that is open.
_BRIDGE_WITHOUT_CONTEXT = "hypercorn.middleware.wsgi"
# What ASGI middleware, and a bridge to WSGI, calls the app that it wraps.
_INNER = (
    *("app", "_app", "application", "asgi_app", "inner", "wrapped", "other_asgi_app"),
    *("wsgi_app", "wsgi_application", "__wrapped__"),
)
_MOST_LAYERS = 64


def wrap(
    app: Any,
    asgi_version: int,
    error_loggers: Sequence[str],
    shape: type[ServedApp] = ServedApp,
    *,
    captures_5xx: bool = False,
) -> tuple[Any, str]:
    """Return an ASGI 3 app of class `shape` that serves `app`, and the name of what instruments it."""
    if isinstance(app, ServedApp):
        return app, "this package already"
    integrations = sentry_sdk.get_client().integrations
    request_layer.install()
    by = _instrumented_by(app, integrations)
    opener = _opens_requests(app, integrations)
    inner = app if opener else _in_middleware(app, asgi_version)
    if by and _framework_of(app) in _OPENED_INSIDE:
        inner.needs_inner = True
    served = _as_asgi3(inner) if asgi_version == 2 else inner
    if opener in INTEGRATIONS:
        served = request_opener.around_framework(served, integrations[opener])
    elif opener is None:
        served = request_opener.around(served, inner)
    if captures_5xx:
        served = served_app.reporting(served)
    return shape(served, app, error_loggers), by or "SentryAsgiMiddleware"


def _in_middleware(app: Any, asgi_version: int) -> Any:
    # The version is said wherever it can be: the middleware takes partials and callable objects for ASGI 2.
    if "asgi_version" in inspect.signature(SentryAsgiMiddleware.__init__).parameters:
        return RequestLayer(app, mechanism_type=MECHANISM, asgi_version=asgi_version)
    return RequestLayer(_as_function(app) if asgi_version == 3 else app, mechanism_type=MECHANISM)


def _as_function(app: Any) -> Any:
    """Return `app` in the one shape in which older SDKs recognise ASGI 3."""

    async def asgi3(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    return asgi3


def _as_asgi3(app: Any) -> Any:
    # What an ASGI 2 app returns, servers drop.
    async def asgi3(scope: Any, receive: Any, send: Any) -> None:
        await app(scope)(receive, send)

    return asgi3


def _opens_requests(app: Any, integrations: Container[str]) -> str | None:
    """Name what opens the scope of each of the app's requests, whatever it leads to; None if that is for us to do.

    It is the app itself that counts, and the class whose `__call__` runs: one of the app's own may call anything.
    """
    if _is_a(type(app), _SENTRY_MIDDLEWARE):
        return "the app"
    if type(app).__module__ == _BRIDGE_WITHOUT_CONTEXT:
        return _instrumented_by(app, integrations)
    name = _framework_of(app)
    if name is None or name not in integrations or name in _OPENED_INSIDE:
        return None
    kind = next(kind for kind in type(app).__mro__ if "__call__" in vars(kind))
    return name if kind.__module__.partition(".")[0] in (name, "fastapi") else None


def _instrumented_by(app: Any, integrations: Container[str]) -> str | None:
    """Name what instruments `app`, or something that it wraps: an active integration, its own middleware, or None."""
    for layer in _layers(app):
        if _is_a(type(layer), _SENTRY_WSGI_MIDDLEWARE):
            return "its own SentryWsgiMiddleware"
        name = _framework_of(layer)
        added = (entry.cls for entry in layer.user_middleware) if name == "starlette" else ()
        if _is_a(type(layer), _SENTRY_MIDDLEWARE) or any(_is_a(kind, _SENTRY_MIDDLEWARE) for kind in added):
            return "its own SentryAsgiMiddleware"
        # Litestar's integration acts on an app while it is made, and has not reached one that was made before.
        reached = name not in _OPENED_INSIDE or any(
            _is_a(each, _SENTRY_MIDDLEWARE) for each in layer.middleware
        )
        if name and name in integrations and reached:
            return f"the {name} integration"
    return None


def _layers(app: Any) -> Iterator[Any]:
    """Yield `app` and what it wraps, outermost first, without calling anything of it."""
    pending: list[Any] = [app]
    seen: set[int] = set()
    while pending and len(seen) < _MOST_LAYERS:
        layer = pending.pop(0)
        if id(layer) not in seen:
            seen.add(id(layer))
            yield layer
            pending.extend(filter(callable, _inner(layer)))


def _inner(layer: Any) -> Iterator[Any]:
    if isinstance(layer, functools.partial):
        yield from _sole_callable([*layer.args, *layer.keywords.values()]) or [layer.func]
    elif isinstance(layer, MethodType):
        # Flask.wsgi_app, say, goes past the Flask.__call__ that its integration has patched.
        if getattr(layer, "__name__", "") == "__call__" or _framework_of(layer.__self__) is None:
            yield layer.__self__
    elif isinstance(layer, FunctionType):
        yield from _sole_callable(_closed_over(layer))
    for name in _INNER:
        # Straight from where instances keep it: a lazy object's __getattr__ must not run.
        value = getattr(layer, "__dict__", {}).get(name)
        if value is None and name in getattr(type(layer), "__slots__", ()):
            value = getattr(layer, name, None)
        if value is not None:
            yield value


def _sole_callable(values: Iterable[Any]) -> list[Any]:
    """Return the one callable among `values`; of several, none can be told to be what is wrapped."""
    callables = [value for value in values if callable(value)]
    return callables if len(callables) == 1 else []


def _closed_over(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue


def _framework_of(layer: Any) -> str | None:
    names = ((kind.__module__, kind.__name__) for kind in type(layer).__mro__)
    return next((_FRAMEWORKS[name] for name in names if name in _FRAMEWORKS), None)


def _is_a(kind: Any, name: tuple[str, str]) -> bool:
    return isinstance(kind, type) and any((base.__module__, base.__name__) == name for base in kind.__mro__)
