"""Send what was captured, and wait: also where a process ends without running atexit, on which the SDK relies."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any, Callable

# Of the exceptions that we capture. Not the SDK's "asgi", for which its middleware asks to be removed wherever
# Starlette is installed.
MECHANISM = "asgi_autoconf"
# Seconds that the flushing thread may take beyond what it is bounded by itself.
_GRACE = 0.5


def flush() -> None:
    """Block until everything captured is sent, for at most the client's shutdown_timeout (seconds)."""
    client = _client()
    if client.is_active():
        client.flush(timeout=longest_flush())


def longest_flush() -> float:
    """Return for how long a flush may block, in seconds."""
    return float(_client().options["shutdown_timeout"])


def _client() -> Any:
    import sentry_sdk  # which an inactive process does without

    return sentry_sdk.get_client()


async def flush_aside() -> None:
    """Flush in a thread, so that the event loop goes on with what else it serves."""
    import asyncio

    from sentry_asgi_autoconf.integrations.event_loops import is_in_trio

    try:
        if is_in_trio():
            await sys.modules["trio"].to_thread.run_sync(flush)
        else:
            await asyncio.get_event_loop().run_in_executor(None, flush)
    except RuntimeError:  # The loop is of another kind, or takes no more threads, as it is about to end.
        flush()


def run_in_multiprocessing_child(action: Callable[[], None]) -> None:
    """Have multiprocessing act at this process's end, if it is one of its children: forked ones skip atexit."""
    process = sys.modules.get("multiprocessing.process")
    if process is None or process.current_process().name == "MainProcess":
        return
    from multiprocessing.util import Finalize

    Finalize(None, action, exitpriority=0)


def flush_on_termination(flush: Callable[[], None], timeout: float) -> None:
    """Flush, for at most `timeout` seconds, when a SIGTERM arrives that nothing else handles, and end by it then."""
    is_in_main_thread = threading.current_thread() is threading.main_thread()
    if not is_in_main_thread or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        return

    def terminate(number: int, frame: FrameType | None) -> None:
        # In a thread, as the signal may have interrupted the main one while it held a lock that the flush needs.
        thread = threading.Thread(target=flush, daemon=True)
        thread.start()
        thread.join(timeout + _GRACE)
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
