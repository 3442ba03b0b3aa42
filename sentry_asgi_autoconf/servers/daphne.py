"""Join daphne to the runtime: `Server`, which its command line, Django's runserver and apps themselves construct."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.runtime import Runtime
    from sentry_asgi_autoconf.serving import Server

# Each error as it ends, and runserver's log of requests, which the SDK ignores of Django's own runserver too.
_REPEATS = [("daphne.server", "Exception inside application"), ("django.channels.server", "")]

# What asgiref, which daphne asks to do so, makes of an ASGI 2 app.
_BRIDGE = "double_to_single_callable.<locals>.new_application"


def _daphne(runtime: Runtime) -> Server:
    return runtime.server("daphne", repeats=_REPEATS)


def join_server(module: ModuleType, runtime: Runtime) -> None:
    """Wrap the app of each server."""
    server = _daphne(runtime)

    def construct(original: Callable[..., Any], self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        server.attempt(lambda: _wrap(self, server), None)

    server.need(module.Server, "run")
    server.replace(module.Server, "__init__", construct)


def join_command_line(module: ModuleType, runtime: Runtime) -> None:
    """Initialise before `daphne` imports its app."""
    server = _daphne(runtime)

    def import_by_path(original: Callable[..., Any], path: str) -> Any:
        with server.loading(path):
            return original(path)

    server.replace(module, "import_by_path", import_by_path)


def join_runserver(module: ModuleType, runtime: Runtime) -> None:
    """Initialise before Django's runserver imports its ASGI application, in the process that serves."""
    server = _daphne(runtime)

    def get_application(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with server.loading():
            return original(*args, **kwargs)

    server.replace(module.Command, "get_application", get_application)


def _wrap(holder: Any, server: Server) -> None:
    app, asgi_version = holder.application, 3
    if getattr(app, "__qualname__", "") == _BRIDGE:
        app, asgi_version = inspect.getclosurevars(app).nonlocals["application"], 2
    wrapped = server.wrap(app, asgi_version=asgi_version)
    if wrapped is not app:
        holder.application = wrapped
