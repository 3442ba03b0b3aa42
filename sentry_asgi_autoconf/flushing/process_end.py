"""Act where a process ends without running atexit, on which the SDK relies."""

from __future__ import annotations

import os
import signal
import sys
import threading
from types import FrameType
from typing import Callable

# Seconds that the flushing thread may take beyond what it is bounded by itself.
_GRACE = 0.5


def run_in_multiprocessing_child(action: Callable[[], None]) -> None:
    """Have multiprocessing act at this process's end, if it is one of its children: forked ones skip atexit."""
    process = sys.modules.get("multiprocessing.process")
    if process is None or process.current_process().name == "MainProcess":
        return
    from multiprocessing.util import Finalize

    Finalize(None, action, exitpriority=0)


def flush_on_termination(flush: Callable[[], None], timeout: float) -> None:
    """Flush, for at most `timeout` seconds, when a SIGTERM arrives that nothing else handles, and end by it then."""
    if threading.current_thread() is not threading.main_thread():
        return
    if signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
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
    """Have the event loop of this thread, if one runs, woken by SIGTERM.

    Else one that arrives right before the loop waits for events is handled after the next of these, if one comes.
    """
    asyncio = sys.modules.get("asyncio")
    if asyncio is None:
        return
    try:
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, lambda: None)
    except (NotImplementedError, RuntimeError):  # no loop runs, or one of a system without signals
        return
