"""Join uvicorn's app loader to the runtime: `Config.load`, in whichever process serves.

`uvicorn --workers` and `--reload` load in their children; `fastapi run`, `litestar run` and gunicorn's uvicorn workers
come through here too.
"""

from __future__ import annotations

from types import ModuleType
from typing import Any, Generator

from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.server import AdapterRuntime, Server

# uvicorn wraps the app in these itself. Inside them an app sees the client that a trusted proxy forwarded.
_OWN_MIDDLEWARE = ("ProxyHeadersMiddleware", "MessageLoggerMiddleware", "DebugMiddleware")


def join_config(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before `Config` loads its app and wrap the app afterwards."""
    # Of a websocket whose client has gone.
    repeats = [("uvicorn.error", "closing handshake failed")]
    server = runtime.server("uvicorn", error_loggers=["uvicorn.error"], repeats=repeats)
    config: Any = module.Config
    loaded: list[Any] = []  # those within their load()

    def load_app(call: Call) -> Generator[None, Any, None]:
        if call.instance.interface != "wsgi" and not any(each is call.instance for each in loaded):
            with server.loading(call.instance.app):
                yield

    def load(call: Call) -> Generator[None, Any, None]:
        if call.instance.interface == "wsgi":
            return
        loaded.append(call.instance)
        try:
            with server.loading(call.instance.app):
                yield
        finally:
            loaded.remove(call.instance)
        if call.instance.interface != "wsgi":
            _wrap(call.instance, server)

    def bind_socket(call: Call) -> Generator[None, Any, None]:
        # The parent of reload and workers would start children that refuse strict settings for ever.
        if call.instance.interface != "wsgi":
            server.refuse_bad_settings(call.instance.app)
        yield

    server.around(config, "load", load)
    if hasattr(config, "load_app"):  # from 0.47 on, called by load, and by some before it
        server.around(config, "load_app", load_app)
    if hasattr(config, "bind_socket"):
        server.around(config, "bind_socket", bind_socket)


def join_server(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Flush when a server has stopped: uvicorn ends by re-raising the signal, so that atexit does not run."""
    server = runtime.server("uvicorn")

    def serve(call: Call) -> Generator[None, Any, None]:
        try:
            yield
        finally:
            server.stopped()

    # Before 0.29 there was but one.
    server.around(module.Server, "_serve" if hasattr(module.Server, "_serve") else "serve", serve)


def _wrap(config: Any, server: Server) -> None:
    holder, name = config, "loaded_app"
    while _is_own(getattr(holder, name), _OWN_MIDDLEWARE):
        holder, name = getattr(holder, name), "app"
    app, asgi_version = getattr(holder, name), 3
    if _is_own(app, ("ASGI2Middleware",)):
        app, asgi_version = app.app, 2
    import_string = config.app if isinstance(config.app, str) else None
    wrapped = server.wrap(app, name=import_string, asgi_version=asgi_version)
    if wrapped is not app:
        setattr(holder, name, wrapped)


def _is_own(app: Any, names: tuple[str, ...]) -> bool:
    kind = type(app)
    return kind.__name__ in names and kind.__module__.startswith("uvicorn.")
