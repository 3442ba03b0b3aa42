"""Join granian to the runtime: the two places through which an ASGI app passes, lifespan and requests, in each worker.

RSGI and WSGI apps never come through here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from sentry_asgi_autoconf.servers.granian_signals import BootSignals

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.runtime import Runtime
    from sentry_asgi_autoconf.serving import Server


def _granian(runtime: Runtime) -> Server:
    return runtime.server(
        "granian",
        error_loggers=["_granian"],
        repeats=[("_granian.utils", ""), ("_granian.asgi.utils", "")],
    )


def join_protocol(module: ModuleType, runtime: Runtime) -> None:
    """Wrap the app once, and give the same to the lifespan and to the requests."""
    server = _granian(runtime)
    wrapped: list[tuple[Any, Any]] = []

    def wrap(app: Any) -> Any:
        for known, result in wrapped:
            if app is known or app is result:
                return result
        wrapped.append((app, server.wrap(app)))
        return wrapped[-1][1]

    def callback_wrapper(original: Callable[..., Any], callback: Any, *args: Any, **kwargs: Any) -> Any:
        return original(server.attempt(lambda: wrap(callback), callback), *args, **kwargs)

    def construct(original: Callable[..., Any], self: Any, callback: Any, *args: Any, **kwargs: Any) -> None:
        original(self, server.attempt(lambda: wrap(callback), callback), *args, **kwargs)

    server.replace(module, "_callback_wrapper", callback_wrapper)
    server.replace(module.LifespanProtocol, "__init__", construct)


def join_server(module: ModuleType, runtime: Runtime) -> None:
    """Initialise before an ASGI worker loads its app."""
    server = _granian(runtime)
    signals = BootSignals()
    signals.deliver_when_heard(server)

    def spawn(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        signals.hold()
        return original(*(_initialising(argument, server) for argument in args), **kwargs)

    for kind in _server_classes(module):
        server.replace(kind, "_spawn_asgi_worker", spawn)
        for name in ("_spawn_asgi_lifespan_worker", "_spawn_asgi_nolifespan_worker"):
            if hasattr(kind, name):
                server.replace(kind, name, spawn)


def join_embedded(module: ModuleType, runtime: Runtime) -> None:
    """Flush when an embedded server has served: its process has no hook of its own for SIGTERM."""
    server = _granian(runtime)

    async def serve(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        server.prepare()
        server.flush_on_termination()
        try:
            return await original(*args, **kwargs)
        finally:
            server.flush()

    server.replace(module.Server, "serve", serve)


def _server_classes(module: ModuleType) -> list[Any]:
    names = ("MPServer", "MTServer") if hasattr(module, "MPServer") else ("Granian",)
    found = [getattr(module, name) for name in names if hasattr(module, name)]
    return found or [getattr(module, "Server", module)]


def _initialising(argument: Any, server: Server) -> Any:
    """Give the loader of the app, the one callable argument, with a loader that initialises first."""
    if not callable(argument):
        return argument
    target = getattr(argument, "args", (None,))[:1]

    def load() -> Any:
        with server.loading(target[0] if target and isinstance(target[0], str) else None) as loading:
            return loading.loaded(argument())

    return load
