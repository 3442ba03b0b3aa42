"""Join granian to the runtime: the two places through which an ASGI app passes, lifespan and requests, in each worker.

RSGI and WSGI apps never come through here.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import os
import re
import signal
import threading
import time
from pathlib import Path
from types import ModuleType
from typing import Any, Callable, Generator

from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.server import AdapterRuntime, Server
from sentry_asgi_autoconf.servers.wrapped_apps import WrappedApps

# Its names in releases with and without a worker of its own for apps without a lifespan.
_SPAWNING = ("_spawn_asgi_worker", "_spawn_asgi_lifespan_worker", "_spawn_asgi_nolifespan_worker")
# The class that starts a process for each worker, in releases with and without threads for them.
_PROCESS_SERVERS = ("MPServer", "Granian", "Server")
_ASGI = ("asgi", "asginl")
# Before the name of the app, but not in C:\\.
_AFTER_MODULE = re.compile(r":(?![\\/])")


def _granian(runtime: AdapterRuntime) -> Server:
    repeats = [("_granian.utils", ""), ("_granian.asgi.utils", "")]
    return runtime.server("granian", error_loggers=["_granian"], repeats=repeats)


def join_protocol(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Wrap the app once, and give the same to the lifespan and to the requests of all worker threads."""
    server = _granian(runtime)
    apps = WrappedApps(server)

    def serve(call: Call) -> Generator[Call, Any, None]:
        app = call.argument("callback")
        wrapped = apps.wrapped(app)
        if wrapped is not app:
            yield call.with_argument("callback", _forgetting_errors(wrapped))

    def run_lifespan(call: Call) -> Generator[Call, Any, None]:
        app = call.argument("callable")
        wrapped = apps.wrapped(app)
        if wrapped is not app:
            yield call.with_argument("callable", wrapped)

    server.around(module, "_callback_wrapper", serve)
    server.around(module.LifespanProtocol, "__init__", run_lifespan)


def _forgetting_errors(app: Callable[..., Any]) -> Callable[..., Any]:
    """Return `app`, after each of whose requests its last error is forgotten.

    The SDK remembers it in the request's context, to know a second event of it. That context is held by granian's own
    objects, into which the garbage collector cannot look: error and request would keep each other for good.
    """
    from sentry_asgi_autoconf.serving.server_noise import forget_last_error

    async def serve(scope: Any, receive: Any, send: Any) -> Any:
        try:
            return await app(scope, receive, send)
        finally:
            forget_last_error()

    return serve


def join_server(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before an ASGI worker loads its app: in a process of its own, or ahead of its threads."""
    server = _granian(runtime)
    signals = BootSignals()
    signals.deliver_when_heard(server)

    def spawn(call: Call) -> Generator[Call, Any, None]:
        loader = call.argument("callback_loader")
        if not callable(loader):
            return
        files = call.argument("env_files", None)
        # They are read before the app is loaded: with any, nothing is known until then.
        if not (files and isinstance(files, (list, tuple))):
            signals.hold()
            if server.stands_aside(_target_of(loader)):
                signals.release()
            if server.stands_aside():
                return
        yield call.with_argument("callback_loader", _initialising(loader, server, signals))

    def serve_threads(call: Call) -> Generator[Call, Any, None]:
        loader = call.argument("target_loader")
        if callable(loader) and call.instance.interface in _ASGI and not server.stands_aside():
            yield call.with_argument("target_loader", _initialising(loader, server, None))

    kinds = (getattr(module, name) for name in _PROCESS_SERVERS if hasattr(module, name))
    kind = next(kinds, module)
    for name in [name for name in _SPAWNING if hasattr(kind, name)] or _SPAWNING[:1]:
        server.around(kind, name, spawn)
    if hasattr(module, "MTServer"):
        # It loads the app itself, where the others hand a loader to their workers.
        server.around(module.MTServer, "_serve", serve_threads)


def join_embedded(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Flush when an embedded server has served: its process has no hook of its own for SIGTERM."""
    server = _granian(runtime)

    def serve(call: Call) -> Generator[None, Any, None]:
        if call.instance.interface not in _ASGI:
            return
        server.prepare(call.instance.target)
        server.flush_on_termination()
        try:
            yield
        finally:
            server.flush()

    server.around(module.Server, "serve", serve)


def _initialising(
    loader: Callable[..., Any], server: Server, signals: BootSignals | None
) -> Callable[..., Any]:
    """Return a loader of the app that initialises, and then calls the app's own."""
    target = _target_of(loader)

    @functools.wraps(loader)
    def load(*args: Any, **kwargs: Any) -> Any:
        if signals is not None and not server.stands_aside(target):
            server.attempt(signals.hold, None)
        server.attempt(lambda: server.prepare(target, directories=_directories_of(loader, target)), None)
        with server.loading(target) as loading:
            if signals is not None and not server.is_active:
                server.attempt(signals.release, None)
            return loading.loaded(loader(*args, **kwargs))

    return load


def _directories_of(loader: Any, target: str | None) -> list[str]:
    """Return the directories that granian's loader puts on the import path: that of the module, and the working one."""
    if not target:
        return []
    path = Path(os.path.realpath(_AFTER_MODULE.split(target)[0]))
    module = path.parent if path.name == "__init__.py" else path
    while (module.parent / "__init__.py").exists():
        module = module.parent
    working = (getattr(loader, "keywords", None) or {}).get("wd") or Path.cwd()
    return [str(module.parent), str(working.resolve())]


def _target_of(loader: Any) -> str | None:
    """Return the import string that the loader is a partial with, if it is one."""
    arguments = getattr(loader, "args", None)
    first = arguments[0] if arguments and isinstance(arguments, tuple) else None
    return first if isinstance(first, str) else None


def _let_threads_finish(loop: Any) -> None:
    """Have a loop that has ended leave the interpreter, for a moment, to the thread of granian's that has ended it.

    Some releases then wait for that thread, and do not leave the interpreter to it. If it is still about to return from
    `call_soon_threadsafe`, both wait for ever: one stop in four, and with Sentry in the process one in two.
    """
    run_until_complete = loop.run_until_complete

    @functools.wraps(run_until_complete)
    def run(future: Any) -> Any:
        try:
            return run_until_complete(future)
        finally:
            time.sleep(_MOMENT)

    with contextlib.suppress(AttributeError):  # a loop that is not written in Python
        loop.run_until_complete = run


_WAIT_FOR_EACH_OTHER = re.compile(r"2\.[2-7]\.")  # such releases
_MOMENT = 0.02  # seconds, of which that thread needs some microseconds
# The module and the name of the function that runs while the app starts up.
_STARTUP = ("granian.asgi", "startup")


class BootSignals:
    """The signals that ask this worker to end and arrive before it listens for them."""

    def __init__(self) -> None:
        self._handlers: dict[int, Any] = {}
        self._arrived: list[int] = []

    def hold(self) -> None:
        """Remember signals from now on, if this process has the handlers of the one that forked it."""
        is_main_thread = threading.current_thread() is threading.main_thread()
        if is_main_thread and not self._handlers and callable(signal.getsignal(signal.SIGTERM)):
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.getsignal(number)
                signal.signal(number, lambda arrived, _: self._arrived.append(arrived))

    def release(self) -> None:
        """Put the handlers back, and have them handle what has arrived: this worker is not initialised."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers.clear()
        self._send_again()

    def deliver_when_heard(self, server: Server) -> None:
        """Have what arrived delivered once a worker listens for signals."""

        def set_loop_signals(call: Call) -> Generator[None, Any, None]:
            yield
            loop = call.argument("loop")
            if server.is_active and _WAIT_FOR_EACH_OTHER.match(server.version):
                _let_threads_finish(loop)
            if self._handlers:
                loop.call_soon(self._deliver, loop)

        for name in ("granian._signals", "granian._loops"):  # where it is since 2.3, and where it was
            with contextlib.suppress(ImportError):
                module = importlib.import_module(name)
                if hasattr(module, "set_loop_signals"):
                    server.around(module, "set_loop_signals", set_loop_signals)
                    break

    def _deliver(self, loop: Any) -> None:
        # What arrives while the app starts up is lost too. A task shows its coroutine itself only from Python 3.8 on.
        frames = (frame for task in asyncio.all_tasks(loop) for frame in task.get_stack(limit=1))
        if _STARTUP in ((frame.f_globals.get("__name__"), frame.f_code.co_name) for frame in frames):
            loop.call_later(0.01, self._deliver, loop)
        else:
            self._send_again()

    def _send_again(self) -> None:
        while self._arrived:
            os.kill(os.getpid(), self._arrived.pop(0))
