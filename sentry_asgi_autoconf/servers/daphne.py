"""Join daphne to the runtime: `Server`, which its command line, Django's runserver and apps themselves construct."""

from __future__ import annotations

import inspect
from types import ModuleType
from typing import Any, Generator

from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.server import AdapterRuntime, Server

# Each error as it ends, and runserver's log of requests, which the SDK ignores of Django's own runserver too.
_REPEATS = [("daphne.server", "Exception inside application"), ("django.channels.server", "")]

# What asgiref, which daphne asks to do so, makes of an ASGI 2 app.
_BRIDGE = "double_to_single_callable.<locals>.new_application"


def _daphne(runtime: AdapterRuntime) -> Server:
    return runtime.server("daphne", repeats=_REPEATS)


def join_server(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Wrap the app of each server."""
    server = _daphne(runtime)

    def construct(call: Call) -> Generator[None, Any, None]:
        yield
        app, asgi_version = call.instance.application, 3
        if getattr(app, "__qualname__", "") == _BRIDGE:
            app, asgi_version = inspect.getclosurevars(app).nonlocals["application"], 2
        wrapped = server.wrap(app, asgi_version=asgi_version)
        if wrapped is not app:
            call.instance.application = wrapped

    server.require(module.Server, "run")
    server.around(module.Server, "__init__", construct)


def join_command_line(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before `daphne` imports its app."""
    server = _daphne(runtime)

    def import_by_path(call: Call) -> Generator[None, Any, None]:
        with server.loading(call.argument("path")):
            yield

    server.around(module, "import_by_path", import_by_path)


def join_runserver(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before Django's runserver imports its ASGI application, in the process that serves."""
    server = _daphne(runtime)

    def get_application(call: Call) -> Generator[None, Any, None]:
        with server.loading():
            yield

    server.around(module.Command, "get_application", get_application)
