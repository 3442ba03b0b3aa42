"""Have test clients serve what a server would serve: the app as this package wraps it."""

from __future__ import annotations

import functools
import importlib
import sys
from typing import Any

from sentry_sdk.integrations.asgi import SentryAsgiMiddleware

import sentry_asgi_autoconf

# Where each client keeps the ASGI 3 app that it calls, once it is made: module, class, attribute.
_CLIENTS = (
    ("asgiref.testing", "ApplicationCommunicator", "application"),
    ("async_asgi_testclient.testing", "TestClient", "application"),
    ("litestar.testing.client.base", "BaseTestClient", "app"),
    ("quart.testing.connections", "TestHTTPConnection", "app"),
    ("quart.testing.connections", "TestWebsocketConnection", "app"),
    ("starlette.testclient", "TestClient", "app"),
    ("starlette.testclient", "_TestClientTransport", "app"),
)

_joined: set[type] = set()
_served: list[Served] = []


def begin() -> None:
    """Serve nothing yet, and join the clients of the frameworks that the tests have imported."""
    _served.clear()
    for module, name, attribute in _CLIENTS:
        if module.partition(".")[0] in sys.modules:
            _join(getattr(importlib.import_module(module), name), attribute)


def has_served() -> bool:
    """Whether the test has called a wrapped app."""
    return any(each.is_wrapped for each in _served)


def _join(client: Any, attribute: str) -> None:
    if client in _joined:
        return
    _joined.add(client)
    original = client.__init__

    @functools.wraps(original)
    def init(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        setattr(self, attribute, _serve(getattr(self, attribute)))

    client.__init__ = init


def _serve(app: Any) -> Any:
    if isinstance(app, Served):
        return app
    known = next((each for each in _served if each.app is app), None)
    if known is None:
        known = Served(app)
        _served.append(known)
    return known


class Served:
    """An app of a test, wrapped when it is first called: once, and after the test's init as behind a server."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self._wrapped: Any = None

    @property
    def is_wrapped(self) -> bool:
        return self._wrapped not in (None, self.app)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._wrapped is None:
            self._wrapped = sentry_asgi_autoconf.wrap(_without_middleware(self.app))
        return self._wrapped(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.app, name)


def _without_middleware(app: Any) -> Any:
    """Return what the middleware that a test puts around an app by hand is around, if it is as by default."""
    if type(app) is SentryAsgiMiddleware and _configuration(app) == _configuration(
        SentryAsgiMiddleware(app.app)
    ):
        return app.app
    return app


def _configuration(middleware: Any) -> dict[str, Any]:
    return {name: getattr(middleware, name) for name in middleware.__slots__ if name != "__call__"}
