"""Send what was captured, and wait: also where a process ends without running atexit, on which the SDK relies."""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
import time
from types import FrameType
from typing import Any, Callable

# Of the exceptions that we capture. Not the SDK's "asgi", for which its middleware asks to be removed wherever
# Starlette is installed.
MECHANISM = "asgi_autoconf"
# Seconds that the flushing thread may take beyond what it is bounded by itself.
_GRACE = 0.5
# Seconds without a flush after which the next belongs to another shutdown.
_OVER = 60.0


class Shutdown:
    """The shutdown of this process, whose flushes may block for one shutdown_timeout together.

    Many of them may flush: each lifespan, each server, a signal's handler, the SDK as the interpreter exits.
    """

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Begin anew, as a forked child does: the thread that flushes is its parent's."""
        self._turn = threading.Lock()
        self._begun: float | None = None
        self._last = 0.0
        # For how many seconds flushes have blocked; what serves (again) sets it to 0.
        self.spent = 0.0

    def left(self, timeout: float) -> float:
        """Return how many of `timeout` seconds flushes may still block."""
        now, begun = time.monotonic(), self._begun
        if now - self._last > _OVER:
            self.spent = 0.0
        return max(timeout - self.spent - (now - begun if begun else 0.0), 0.0)

    def flush(self, client: Any, timeout: float) -> None:
        """Block until all that `client` has captured is sent, as long as something of `timeout` seconds is left."""
        if not self._last:
            atexit.register(_leave_the_rest_to_the_sdk)
        # One after the other: what one takes is spent for those that wait for it.
        if self._turn.acquire(timeout=self.left(timeout)):
            left, self._begun = self.left(timeout), time.monotonic()
            try:
                _flush(client, left)
            finally:
                self._last = time.monotonic()
                self.spent += self._last - self._begun
                self._begun = None
                self._turn.release()


shutdown = Shutdown()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=shutdown.begin)


def flush() -> None:
    """Block until everything captured is sent, for what is left of the client's shutdown_timeout (seconds)."""
    client = _client()
    if client.is_active():
        shutdown.flush(client, client.options["shutdown_timeout"])


def _flush(client: Any, timeout: float) -> None:
    if "otlp" not in getattr(client, "integrations", ()):
        client.flush(timeout=timeout)
        return
    from sentry_asgi_autoconf.integrations import otlp

    with otlp.exported(client, timeout):
        client.flush(timeout=timeout)


def longest_flush() -> float:
    """Return for how long a flush may block, in seconds."""
    return shutdown.left(_client().options["shutdown_timeout"])


def _leave_the_rest_to_the_sdk() -> None:
    # Called before the SDK's own function, which was registered earlier, and flushes for as long as the option says.
    with contextlib.suppress(Exception):
        _client().options["shutdown_timeout"] = longest_flush()


def _client() -> Any:
    import sentry_sdk  # which an inactive process does without

    return sentry_sdk.get_client()


async def flush_aside() -> None:
    """Flush in a thread, so that the event loop goes on with what else it serves; a flush that fails is no matter."""
    import asyncio

    from sentry_asgi_autoconf.integrations.event_loops import is_in_trio

    try:
        if is_in_trio():
            await sys.modules["trio"].to_thread.run_sync(_try_to_flush)
        else:
            flushed = asyncio.get_event_loop().run_in_executor(None, _try_to_flush)
            # No longer, where no thread is free, or where threads are greenlets that nothing runs.
            await asyncio.wait({flushed}, timeout=longest_flush() + _GRACE)
    except RuntimeError:  # The loop is of another kind, or takes no more threads, as it is about to end.
        _try_to_flush()


def _try_to_flush() -> None:
    with contextlib.suppress(Exception):
        flush()


def run_in_multiprocessing_child(action: Callable[[], None]) -> None:
    """Have multiprocessing act at this process's end, if it is one of its children: forked ones skip atexit."""
    process = sys.modules.get("multiprocessing.process")
    if process is None or process.current_process().name == "MainProcess":
        return
    from multiprocessing.util import Finalize

    Finalize(None, action, exitpriority=0)


def run_in_multiprocessing(action: Callable[[], None]) -> None:
    """Have multiprocessing do the same, and act at the end of each child that it forks from this process."""

    def after_fork() -> None:
        util = sys.modules.get("multiprocessing.util")
        if util is not None:  # which first drops what was its parent's to do
            util.register_after_fork(action, run_in_multiprocessing_child)

    run_in_multiprocessing_child(action)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=after_fork)


def run_if_spawned(util: Any, action: Callable[[], None]) -> None:
    """Have `multiprocessing.util` act at the end of this process, which does not know yet whether it is spawned."""
    util.Finalize(None, action, exitpriority=0)
    util.register_after_fork(action, run_in_multiprocessing_child)  # Python 3.7 drops the former


def flush_on_termination(flush: Callable[[], None], longest: Callable[[], float]) -> None:
    """Flush, for the seconds that `longest` returns, when a SIGTERM arrives that nothing else handles; end by it."""
    is_in_main_thread = threading.current_thread() is threading.main_thread()
    if not is_in_main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return

    def terminate(number: int, frame: FrameType | None) -> None:
        # In a thread, as the signal may have interrupted the main one while it held a lock that the flush needs.
        thread = threading.Thread(target=flush, daemon=True)
        thread.start()
        thread.join(longest() + _GRACE)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    _wake_event_loop()
    signal.signal(signal.SIGTERM, terminate)


def _wake_event_loop() -> None:
    # Else a SIGTERM right before the loop waits for events is handled after the next of these, if one comes.
    asyncio = sys.modules.get("asyncio")
    # No loop runs, or one of a system without signals.
    with contextlib.suppress(NotImplementedError, RuntimeError):
        if asyncio is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: None)
