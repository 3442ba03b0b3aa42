"""Find which Sentry middleware an app has: its framework's integration, one of its own, or none."""

from __future__ import annotations

import functools
from types import FunctionType, MethodType
from typing import Any, Container, Iterable, Iterator

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

# What ASGI middleware, and a bridge to WSGI, calls the app that it wraps.
_INNER = (
    "app",
    "_app",
    "application",
    "asgi_app",
    "inner",
    "wrapped",
    "other_asgi_app",
    "wsgi_app",
    "wsgi_application",
    "__wrapped__",
)
_MOST_LAYERS = 64

# Frameworks whose integration opens a request inside the app's own handling of errors: it is told of some too late.
INNER = ("litestar", "starlite")

# It calls a WSGI app in a thread that knows nothing of the request, so what is inside cannot join one that is open.
_BRIDGE_WITHOUT_CONTEXT = "hypercorn.middleware.wsgi"


def opens_requests(app: Any, integrations: Container[str]) -> str | None:
    """Name what opens the scope of each of the app's requests, whatever it leads to; None if that is for us to do.

    It is the app itself that counts, and the class whose `__call__` runs: one of the app's own may call anything.
    """
    if _is_a(type(app), _SENTRY_MIDDLEWARE):
        return "the app"
    if type(app).__module__ == _BRIDGE_WITHOUT_CONTEXT:
        return instrumented_by(app, integrations)
    name = framework_of(app)
    if name is None or name not in integrations or name in INNER:
        return None
    kind = next(kind for kind in type(app).__mro__ if "__call__" in vars(kind))
    return name if kind.__module__.partition(".")[0] in (name, "fastapi") else None


def instrumented_by(app: Any, integrations: Container[str]) -> str | None:
    """Name what instruments `app`, or something that it wraps: an active integration, its own middleware, or None."""
    for layer in layers(app):
        if _is_a(type(layer), _SENTRY_WSGI_MIDDLEWARE):
            return "its own SentryWsgiMiddleware"
        if _is_a(type(layer), _SENTRY_MIDDLEWARE) or _middleware_of(layer):
            return "its own SentryAsgiMiddleware"
        integration = framework_of(layer)
        if integration and integration in integrations and _was_made_under(integration, layer):
            return f"the {integration} integration"
    return None


def layers(app: Any) -> Iterator[Any]:
    """Give `app` and what it wraps, outermost first, without calling anything of it."""
    pending: list[Any] = [app]
    seen: set[int] = set()
    while pending and len(seen) < _MOST_LAYERS:
        layer = pending.pop(0)
        if id(layer) in seen:
            continue
        seen.add(id(layer))
        yield layer
        pending.extend(inner for inner in _inner(layer) if callable(inner))


def _inner(layer: Any) -> Iterator[Any]:
    if isinstance(layer, functools.partial):
        yield from _sole_callable([*layer.args, *layer.keywords.values()]) or [layer.func]
    elif isinstance(layer, MethodType):
        # Flask.wsgi_app, say, goes past the Flask.__call__ that its integration has patched.
        if getattr(layer, "__name__", "") == "__call__" or framework_of(layer.__self__) is None:
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
    """Give the one callable among `values`; of several, none can be told to be what is wrapped."""
    callables = [value for value in values if callable(value)]
    return callables if len(callables) == 1 else []


def _closed_over(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            yield cell.cell_contents
        except ValueError:  # not filled yet
            continue


def framework_of(layer: Any) -> str | None:
    """Name the framework of an app as its integration does, None if it is of none."""
    for kind in type(layer).__mro__:
        name = (kind.__module__, kind.__name__)
        if name in _FRAMEWORKS:
            return _FRAMEWORKS[name]
    return None


def _was_made_under(integration: str, app: Any) -> bool:
    """Tell whether the integration reached this instance: Litestar's acts on an app while it is made."""
    return integration not in ("litestar", "starlite") or any(
        isinstance(middleware, type) and _is_a(middleware, _SENTRY_MIDDLEWARE)
        for middleware in app.middleware
    )


def _middleware_of(layer: Any) -> bool:
    """Tell whether a Starlette app has been given SentryAsgiMiddleware by add_middleware."""
    if framework_of(layer) != "starlette":
        return False
    return any(
        _is_a(entry.cls, _SENTRY_MIDDLEWARE) for entry in layer.user_middleware if isinstance(entry.cls, type)
    )


def _is_a(kind: type, name: tuple[str, str]) -> bool:
    return any((base.__module__, base.__name__) == name for base in kind.__mro__)
