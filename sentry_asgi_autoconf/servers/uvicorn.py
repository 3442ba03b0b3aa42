"""Join uvicorn's app loader to the runtime: `Config.load`, in whichever process serves.

`uvicorn --workers` and `--reload` load in their children, `fastapi run`, `litestar run` and gunicorn's uvicorn workers
come through here too.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.runtime import Runtime

# uvicorn wraps the app in these itself. Inside them an app sees the client that a trusted proxy forwarded.
_OWN_MIDDLEWARE = ("ProxyHeadersMiddleware", "MessageLoggerMiddleware", "DebugMiddleware")


def join_config(module: ModuleType, runtime: Runtime) -> None:
    """Initialise before `Config` loads its app and wrap the app afterwards."""
    config = module.Config
    runtime.need(config, "load", "uvicorn")
    _initialise_first(config, "load_app", runtime)  # from 0.47 on, called before load
    _initialise_first(config, "load", runtime)
    _wrap_afterwards(config, runtime)
    if hasattr(config, "bind_socket"):
        _check_in_parent(config, runtime)


def join_server(module: ModuleType, runtime: Runtime) -> None:
    """Flush when a server has stopped: uvicorn ends by re-raising the signal, so that atexit does not run."""
    server = module.Server
    name = "_serve" if hasattr(server, "_serve") else "serve"  # before 0.29 there was but one
    original = runtime.need(server, name, "uvicorn")

    @functools.wraps(original)
    async def serve(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return await original(self, *args, **kwargs)
        finally:
            runtime.flush()

    setattr(server, name, serve)


def _initialise_first(config: Any, name: str, runtime: Runtime) -> None:
    original: Callable[..., Any] | None = getattr(config, name, None)
    if original is not None:
        setattr(config, name, _initialising(original, runtime))


def _initialising(original: Callable[..., Any], runtime: Runtime) -> Callable[..., Any]:
    @functools.wraps(original)
    def load(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.interface == "wsgi":
            return original(self, *args, **kwargs)
        with runtime.loading():
            return original(self, *args, **kwargs)

    return load


def _wrap_afterwards(config: Any, runtime: Runtime) -> None:
    original = config.load

    @functools.wraps(original)
    def load(self: Any, *args: Any, **kwargs: Any) -> Any:
        result = original(self, *args, **kwargs)
        if self.interface != "wsgi":
            _wrap(self, runtime)
        return result

    config.load = load


def _wrap(config: Any, runtime: Runtime) -> None:
    holder, name = config, "loaded_app"
    while _is_own(getattr(holder, name), _OWN_MIDDLEWARE):
        holder, name = getattr(holder, name), "app"
    app, asgi_version = getattr(holder, name), 3
    if _is_own(app, ("ASGI2Middleware",)):
        app, asgi_version = app.app, 2
    wrapped = runtime.wrap(
        app,
        asgi_version=asgi_version,
        server="uvicorn",
        error_loggers=("uvicorn.error",),
    )
    if wrapped is not app:
        setattr(holder, name, wrapped)


def _is_own(app: Any, names: tuple[str, ...]) -> bool:
    kind = type(app)
    return kind.__name__ in names and kind.__module__.startswith("uvicorn.")


def _check_in_parent(config: Any, runtime: Runtime) -> None:
    """Check strict settings in the parent of reload and workers, which would start refusing children for ever."""
    original = config.bind_socket

    @functools.wraps(original)
    def bind_socket(self: Any, *args: Any, **kwargs: Any) -> Any:
        if self.interface != "wsgi":
            runtime.refuse_bad_settings()
        return original(self, *args, **kwargs)

    config.bind_socket = bind_socket
