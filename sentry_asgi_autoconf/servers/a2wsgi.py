"""Join a2wsgi to the runtime: `ASGIMiddleware`, with which a WSGI server serves an ASGI app."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any, Generator

from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.server import AdapterRuntime
from sentry_asgi_autoconf.servers.wrapped_apps import WrappedApps

# Modules of WSGI servers' commands: where one is loaded, an app that imports a2wsgi does so to be served.
_SERVING_COMMANDS = ("gunicorn.arbiter", "waitress.runner")


def join(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Wrap an app when it is first called, as a module that makes the middleware may be imported by anything."""
    server = runtime.server("a2wsgi")
    apps = WrappedApps(server)

    def respond(call: Call) -> Generator[None, Any, None]:
        apps.put(call.instance, "app")
        yield

    server.around(server.require(module, "ASGIMiddleware"), "__call__", respond)
    # uvicorn imports a2wsgi for its own purposes, gunicorn's master uvicorn for its workers'.
    if "uvicorn" not in sys.modules and not sys.modules.keys().isdisjoint(_SERVING_COMMANDS):
        server.prepare()
        server.flush_on_termination()
