"""A lock for each process: one that a parent's thread held when it forked is not its child's."""

from __future__ import annotations

import os
import threading


class ProcessLocks:
    """Re-entrant locks, of which all threads of a process are handed the same."""

    def __init__(self) -> None:
        """Begin without any."""
        self._locks: dict[int, threading.RLock] = {}

    def of_this_process(self) -> threading.RLock:
        """Return this process's."""
        # One step, so that threads which ask at the same moment do not make two.
        return self._locks.setdefault(os.getpid(), threading.RLock())
