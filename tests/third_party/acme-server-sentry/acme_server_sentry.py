"""Join acme-server to sentry-asgi-autoconf: where it loads an app, and where it has served one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Generator

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.servers.patching import Call
    from sentry_asgi_autoconf.servers.server import AdapterRuntime, Server


def _acme(runtime: AdapterRuntime) -> Server:
    return runtime.server(
        "acme-server",
        error_loggers=["acme_server"],
        repeats=[("acme_server", "The app raised an error")],
    )


def join_loader(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before the app is loaded, and have the server serve the wrapped app."""
    server = _acme(runtime)

    def load_app(call: Call) -> Generator[None, Any, Any]:
        import_string = call.argument("import_string")
        with server.loading(import_string):
            app = yield
        return server.wrap(app, name=import_string)

    server.around(module, "load_app", load_app)


def join_server(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Flush when the server has stopped: it ends by the signal that stopped it, so that atexit does not run."""
    server = _acme(runtime)

    async def serve(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        try:
            return await original(*args, **kwargs)
        finally:
            server.flush()

    server.replace(module, "serve", serve)
