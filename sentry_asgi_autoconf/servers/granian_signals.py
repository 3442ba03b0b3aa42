"""Keep a signal for a granian worker that is still booting, which a forked one would hand to its parent's handler.

granian's worker loses such a signal, and its parent then waits for it for ever. Our initialisation makes that time
longer, so it is for us to close it.
"""

from __future__ import annotations

import asyncio
import importlib
import os
import signal
import threading
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from sentry_asgi_autoconf.serving import Server

_STARTUP = "LifespanProtocol.startup"


class BootSignals:
    """The signals that ask this worker to end and arrive before it listens for them."""

    def __init__(self) -> None:
        """Begin with none."""
        self._arrived: list[int] = []

    def hold(self) -> None:
        """Remember signals from now on, if this process has the handlers of the one that forked it."""
        if threading.current_thread() is threading.main_thread() and callable(
            signal.getsignal(signal.SIGTERM)
        ):
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, self._remember)

    def deliver_when_heard(self, server: Server) -> None:
        """Have what arrived delivered once a worker listens for signals."""

        def set_loop_signals(original: Callable[..., Any], loop: Any, *args: Any) -> Any:
            event = original(loop, *args)
            loop.call_soon(self._deliver, loop)
            return event

        module = _module_with_signals()
        if module is not None:
            server.replace(module, "set_loop_signals", set_loop_signals)

    def _deliver(self, loop: Any) -> None:
        # What arrives while the app starts up is lost too.
        running = (getattr(task.get_coro(), "__qualname__", "") for task in asyncio.all_tasks(loop))
        if _STARTUP in running:
            loop.call_later(0.01, self._deliver, loop)
            return
        for number in self._arrived:
            os.kill(os.getpid(), number)

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
