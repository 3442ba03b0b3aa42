"""Join uvicorn's app loader to the runtime: `Config.load`, in whichever process serves.

`uvicorn --workers` and `--reload` load in their children; `fastapi run`, `litestar run` and gunicorn's uvicorn workers
come through here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.runtime import Runtime
    from sentry_asgi_autoconf.serving import Server

# uvicorn wraps the app in these itself. Inside them an app sees the client that a trusted proxy forwarded.
_OWN_MIDDLEWARE = ("ProxyHeadersMiddleware", "MessageLoggerMiddleware", "DebugMiddleware")


def join_config(module: ModuleType, runtime: Runtime) -> None:
    """Initialise before `Config` loads its app and wrap the app afterwards."""
    server = runtime.server(
        "uvicorn",
        error_loggers=["uvicorn.error"],
        # Of a websocket whose client has gone.
        repeats=[("uvicorn.error", "closing handshake failed")],
    )
    config: Any = module.Config

    def load_app(original: Callable[..., Any], self: Any) -> Any:
        if self.interface == "wsgi":
            return original(self)
        with server.loading(self.app):
            return original(self)

    def load(original: Callable[..., Any], self: Any) -> None:
        load_app(original, self)
        if self.interface != "wsgi":
            server.attempt(lambda: _wrap(self, server), None)

    def bind_socket(original: Callable[..., Any], self: Any) -> Any:
        # The parent of reload and workers would start children that refuse strict settings for ever.
        if self.interface != "wsgi":
            server.refuse_bad_settings()
        return original(self)

    server.replace(config, "load", load)
    if hasattr(config, "load_app"):  # from 0.47 on, called before load
        server.replace(config, "load_app", load_app)
    if hasattr(config, "bind_socket"):
        server.replace(config, "bind_socket", bind_socket)


def join_server(module: ModuleType, runtime: Runtime) -> None:
    """Flush when a server has stopped: uvicorn ends by re-raising the signal, so that atexit does not run."""
    server = runtime.server("uvicorn")

    async def serve(original: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        try:
            await original(*args, **kwargs)
        finally:
            server.stopped()

    # Before 0.29 there was but one.
    server.replace(module.Server, "_serve" if hasattr(module.Server, "_serve") else "serve", serve)


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
