"""Join socketify to the runtime: its command line and `ASGI`, in each process that serves, forked ones included."""

from __future__ import annotations

import contextvars
from types import ModuleType, coroutine
from typing import Any, Awaitable, Callable, Coroutine, Generator

from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.server import AdapterRuntime, Server


def _socketify(runtime: AdapterRuntime) -> Server:
    # It logs through the root logger.
    return runtime.server("socketify", error_loggers=["root"], repeats=[("root", "Uncaught Exception: ")])


def join_server(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Wrap the app where it is about to be served; no exit hook runs on SIGTERM."""
    server = _socketify(runtime)

    def construct(call: Call) -> Generator[None, Any, None]:
        yield
        server.attempt(lambda: _wrap(call.instance, server), None)
        server.flush_on_termination()

    server.around(server.require(module, "_ASGI"), "__init__", construct)


def join_command_line(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before the command imports its app, unless it is told that this is not an ASGI app."""
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
            server.deactivate()

    serves: list[str] = []
    server.around(module, "load_module", load_module)
    server.around(module, "execute", execute)


def _wrap(holder: Any, server: Server) -> None:
    wrapped = server.wrap(holder.app)
    if wrapped is not holder.app:
        holder.app = OneContext(wrapped)


def _interface(arguments: list[str]) -> str:
    given = (value for name, value in zip(arguments, arguments[1:]) if name == "--interface")
    return next(given, "auto").lower()


class OneContext:
    """An ASGI 3 app that serves `app`, each call in a context of its own from the first step to the last."""

    def __init__(self, app: Callable[..., Awaitable[Any]]) -> None:
        self._app = app

    async def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Serve one scope."""
        return await _run_in(contextvars.copy_context(), self._serve(*args, **kwargs))

    async def _serve(self, *args: Any, **kwargs: Any) -> Any:
        return await self._app(*args, **kwargs)


@coroutine
def _run_in(context: contextvars.Context, serving: Coroutine[Any, Any, Any]) -> Generator[Any, Any, Any]:
    step: Callable[[Any], Any] = serving.send
    value = None
    while True:
        try:
            waited_for = context.run(step, value)
        except StopIteration as end:
            return end.value
        try:
            value = yield waited_for
            step = serving.send
        except BaseException as error:  # a cancellation, say: it is for the coroutine
            step, value = serving.throw, error
