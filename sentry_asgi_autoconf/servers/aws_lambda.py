"""Join mangum and zappa to the runtime: ASGI apps in AWS Lambda, whose process is frozen as soon as it has answered."""

from __future__ import annotations

import importlib.util
import os
import sys
from types import ModuleType
from typing import Any, Generator

from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.server import AdapterRuntime, Server
from sentry_asgi_autoconf.servers.wrapped_apps import WrappedApps

_LAMBDA = ("AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME")


def _mangum(runtime: AdapterRuntime) -> Server:
    return runtime.server("mangum", error_loggers=["mangum.lifespan"])


def join_runtime_client(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before Lambda's runtime client imports the handler's module, unless mangum is not even installed."""
    server = _mangum(runtime)

    def get_handler(call: Call) -> Generator[None, Any, None]:
        if not importlib.util.find_spec("mangum"):
            return
        with server.loading():
            yield
        if "mangum" not in sys.modules:
            server.deactivate()

    server.around(module, "_get_handler", get_handler)


def join_adapter(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Wrap the app of each handler, in Lambda when it is made, elsewhere when it is called."""
    server = _mangum(runtime)
    apps = WrappedApps(server)
    serves = any(name in os.environ for name in _LAMBDA)

    def construct(call: Call) -> Generator[None, Any, None]:
        yield
        if serves:
            apps.put(call.instance, "app")

    handler = server.require(module, "Mangum")
    server.around(handler, "__init__", construct)
    server.around(handler, "__call__", apps.serve)
    if serves:
        # The handler's module is being imported: its routes are made after this.
        server.prepare()


def join_zappa(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Wrap the app of each request's handler, the same app once."""
    server = runtime.server("zappa")
    server.around(server.require(module, "ASGIHandler"), "run", WrappedApps(server).serve)
