"""Wrap an app exactly once: leave it to the middleware that it has, or give it one."""

from __future__ import annotations

import inspect
from typing import Any, Sequence

import sentry_sdk
from sentry_sdk.integrations.asgi import SentryAsgiMiddleware

from sentry_asgi_autoconf.flushing.flush import MECHANISM
from sentry_asgi_autoconf.serving import noticing, served_app
from sentry_asgi_autoconf.serving.head_sampling import INTEGRATIONS, head_sampling
from sentry_asgi_autoconf.serving.served_app import ServedApp
from sentry_asgi_autoconf.wrapping import frameworks


def wrap(
    app: Any,
    asgi_version: int,
    error_loggers: Sequence[str],
    shape: type[ServedApp] = ServedApp,
    *,
    captures_5xx: bool = False,
) -> tuple[Any, str]:
    """Return an ASGI 3 app of class `shape` that serves `app`, and the name of what instruments it.

    What instruments an app inside others is told by the usual names of attributes; who opens a request is not.
    """
    if isinstance(app, ServedApp):
        return app, "this package already"
    integrations = sentry_sdk.get_client().integrations
    noticing.install()
    by = frameworks.instrumented_by(app, integrations)
    opener = frameworks.opens_requests(app, integrations)
    inner = app if opener else _in_middleware(app, asgi_version)
    if frameworks.framework_of(app) in frameworks.INNER and by:
        inner.needs_inner = True
    served = _as_asgi3(inner) if asgi_version == 2 else inner
    if opener is None or opener in INTEGRATIONS:
        served = head_sampling.around(served)
    if captures_5xx:
        served = served_app.reporting(served)
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
    # What an ASGI 2 app returns, servers drop.
    async def asgi3(scope: Any, receive: Any, send: Any) -> None:
        await app(scope)(receive, send)

    return asgi3
