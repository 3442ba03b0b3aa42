"""Join socketify to the runtime: its command line and `ASGI`, in each process that serves, forked ones included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generator

from sentry_asgi_autoconf.servers.socketify_contexts import OneContext

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.runtime import Runtime
    from sentry_asgi_autoconf.seams import Call
    from sentry_asgi_autoconf.serving import Server


def _socketify(runtime: Runtime) -> Server:
    # It logs through the root logger.
    return runtime.server("socketify", error_loggers=["root"], repeats=[("root", "Uncaught Exception: ")])


def join_server(module: ModuleType, runtime: Runtime) -> None:
    """Wrap the app where it is about to be served; no exit hook runs on SIGTERM."""
    server = _socketify(runtime)

    def construct(call: Call) -> Generator[None, Any, None]:
        yield
        server.attempt(lambda: _wrap(call.instance, server), None)
        server.flush_on_termination()

    server.around(server.need(module, "_ASGI"), "__init__", construct)


def join_command_line(module: ModuleType, runtime: Runtime) -> None:
    """Initialise before the command imports its app, unless it is told that this is no ASGI app."""
    server = _socketify(runtime)

    def execute(call: Call) -> Generator[None, Any, None]:
        serves.append(_interface(call.argument("args")))
        try:
            yield
        finally:
            serves.clear()

    def load_module(call: Call) -> Generator[None, Any, None]:
        if not serves or serves.pop() not in ("asgi", "asgi3", "auto"):
            return
        with server.loading(call.argument("file")):
            app = yield
        if app is not None and not server.attempt(lambda: module.is_asgi(app), True):
            server.withdraw()

    serves: list[str] = []
    server.around(module, "load_module", load_module)
    server.around(module, "execute", execute)


def _wrap(holder: Any, server: Server) -> None:
    wrapped = server.wrap(holder.app)
    if wrapped is not holder.app:
        holder.app = OneContext(wrapped)


def _interface(arguments: list[str]) -> str:
    for name, value in zip(arguments, arguments[1:]):
        if name == "--interface":
            return value.lower()
    return "auto"
