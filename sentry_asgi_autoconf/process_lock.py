"""The lock under which a process decides, initialises and wraps: one for all, so that no two wait for each other."""

from __future__ import annotations

import os
import threading

_locks: dict[int, threading.RLock] = {}


def process_lock() -> threading.RLock:
    """Return the lock of this process: one that a parent's thread held when it forked is not its child's."""
    # One step, so that threads which ask at the same moment do not make two.
    return _locks.setdefault(os.getpid(), threading.RLock())
