"""Wrap an app exactly once: leave it to the middleware that it has, or give it one."""

from __future__ import annotations

import inspect
from typing import Any, Sequence

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware

from sentry_asgi_autoconf.wrapping import frameworks, late_apps
from sentry_asgi_autoconf.wrapping.failure import MECHANISM
from sentry_asgi_autoconf.wrapping.head_sampling import INTEGRATIONS, head_sampling
from sentry_asgi_autoconf.wrapping.served_app import ServedApp


def wrap(
    app: Any, asgi_version: int, error_loggers: Sequence[str], shape: type[ServedApp] = ServedApp
) -> tuple[Any, str]:
    """Give an ASGI 3 app of class `shape` that serves `app`, and the name of what instruments it."""
    if isinstance(app, ServedApp):
        return app, "this package already"
    integrations = sentry_sdk.get_client().integrations
    by = frameworks.instrumented_by(app, integrations)
    inner = app
    if by is None:
        for layer in frameworks.layers(app):
            late_apps.catch_up(frameworks.framework_of(layer), layer, integrations)
        inner = _in_middleware(app, asgi_version)
    served = _as_asgi3(inner) if asgi_version == 2 else inner
    if by is None or any(name in by for name in INTEGRATIONS):
        served = head_sampling.around(served)
    return shape(served, app, error_loggers), by or "SentryAsgiMiddleware"


def _in_middleware(app: Any, asgi_version: int) -> Any:
    # The version is said wherever it can be: the middleware takes partials and callable objects for ASGI 2.
    if "asgi_version" in inspect.signature(SentryAsgiMiddleware.__init__).parameters:
        return head_sampling.middleware(app, mechanism_type=MECHANISM, asgi_version=asgi_version)
    return head_sampling.middleware(_as_function(app) if asgi_version == 3 else app, mechanism_type=MECHANISM)


def _as_function(app: Any) -> Any:
    """Give `app` the one shape in which older SDKs recognise ASGI 3."""

    async def asgi3(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)

    return asgi3


def _as_asgi3(app: Any) -> Any:
    def asgi3(scope: Any, receive: Any, send: Any) -> Any:
        return app(scope)(receive, send)

    return asgi3
