"""Keep a signal for a granian worker that is still booting, which a forked one would hand to its parent's handler.

granian's worker loses such a signal, and its parent then waits for it for ever. Our initialisation makes that time
longer, so it is for us to close it; a worker that we do not initialise is as it would be without us.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import threading
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any, Generator

if TYPE_CHECKING:
    from sentry_asgi_autoconf.seams import Call
    from sentry_asgi_autoconf.serving import Server

_STARTUP = "LifespanProtocol.startup"


class BootSignals:
    """The signals that ask this worker to end and arrive before it listens for them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._handlers: dict[int, Any] = {}
        self._arrived: list[int] = []

    def hold(self) -> None:
        """Remember signals from now on, if this process has the handlers of the one that forked it."""
        if self._handlers or threading.current_thread() is not threading.main_thread():
            return
        if callable(signal.getsignal(signal.SIGTERM)):
            for number in (signal.SIGINT, signal.SIGTERM):
                self._handlers[number] = signal.getsignal(number)
                signal.signal(number, self._remember)

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
            if self._handlers:
                loop = call.argument("loop")
                loop.call_soon(self._deliver, loop)

        module = _module_with_signals()
        if module is not None:
            server.around(module, "set_loop_signals", set_loop_signals)

    def _deliver(self, loop: Any) -> None:
        # What arrives while the app starts up is lost too.
        running = (getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks(loop))
        if _STARTUP in running:
            loop.call_later(0.01, self._deliver, loop)
            return
        self._send_again()

    def _send_again(self) -> None:
        while self._arrived:
            os.kill(os.getpid(), self._arrived.pop(0))

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self._arrived.append(number)


def _module_with_signals() -> ModuleType | None:
    for name in ("granian._signals", "granian._loops"):  # where it is since 2.3, and where it was
        try:
            module = importlib.import_module(name)
        except ImportError:
            continue
        if hasattr(module, "set_loop_signals"):
            return module
    return None
