"""Join azure-functions to the runtime: `AsgiMiddleware`, which `AsgiFunctionApp` and functions themselves construct."""

from __future__ import annotations

import os
from types import ModuleType
from typing import Any, Generator

from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.server import AdapterRuntime
from sentry_asgi_autoconf.servers.wrapped_apps import WrappedApps


def join(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Wrap the app of each middleware that is made in a Functions worker; other function apps never make one."""
    server = runtime.server("azure-functions", error_loggers=["azure.functions.AsgiMiddleware"])
    apps = WrappedApps(server)

    def construct(call: Call) -> Generator[None, Any, None]:
        yield
        if "FUNCTIONS_WORKER_RUNTIME" in os.environ:
            apps.put(call.instance, "_app")
            server.flush_on_termination()

    server.around(server.require(module, "AsgiMiddleware"), "__init__", construct)
