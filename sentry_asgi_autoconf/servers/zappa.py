"""Join zappa to the runtime: ASGI apps in AWS Lambda, whose process is frozen as soon as it has answered.

zappa sets the variables of its own settings right before it loads the app, so the first request initialises. Its WSGI
apps never come through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generator

from sentry_asgi_autoconf.servers.wrapped_apps import WrappedApps

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.runtime import Runtime
    from sentry_asgi_autoconf.seams import Call


def join(module: ModuleType, runtime: Runtime) -> None:
    """Wrap the app of each request's handler, the same app once; flush after each request."""
    server = runtime.server("zappa")
    apps = WrappedApps(server)

    def run(call: Call) -> Generator[None, Any, None]:
        apps.put(call.instance, "app")
        try:
            yield
        finally:
            server.flush()

    server.around(server.need(module, "ASGIHandler"), "run", run)
