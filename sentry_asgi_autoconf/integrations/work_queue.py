"""One thread at a time has the turn to work off what it hands in."""

from __future__ import annotations

import os
import sys
import threading
import time
from contextlib import contextmanager
from typing import Callable, Iterator

# Where a thread is that waits until another one has imported a module.
_ACQUIRING = ("<frozen importlib._bootstrap>", "acquire")
_INTERVAL = 0.05  # seconds


class WorkQueue:
    """Names that threads hand in, worked off one thread at a time, and never within the work itself."""

    def __init__(self, work: Callable[[list[str]], None], *, patience: float) -> None:
        """Take the function that works names off, and how many seconds a thread waits for its turn at most.

        Who waits may hold the lock of a module that it imports, for which the one who has the turn is waiting: it
        waits no longer once it sees that the other waits for an import.
        """
        self._work = work
        self._patience = patience
        self._condition = threading.Condition()
        self._holder: int | None = None
        self._left: list[str] = []
        self._forking: int | None = None
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(
                before=self._before_fork,
                after_in_parent=self._after_fork,
                after_in_child=self._after_fork_in_child,
            )

    def submit(self, names: list[str]) -> None:
        """Work names off in this thread, once it has the turn.

        Within the work itself, and if this thread has waited in vain, they are left to the thread that has the turn.
        """
        if self._acquire(names):
            self._release()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the turn within this context; names that are handed in meanwhile are worked off at its end."""
        acquired = self._acquire([])
        try:
            yield
        finally:
            if acquired:
                self._release()

    def _acquire(self, names: list[str]) -> bool:
        with self._condition:
            acquired = self._holder != threading.get_ident() and self._wait()
            if acquired:
                self._holder = threading.get_ident()
            self._left += names
            return acquired

    def _wait(self) -> bool:
        end = time.monotonic() + self._patience
        while self._holder is not None and time.monotonic() < end:
            waited_before = self._waits_for_an_import(self._holder)
            self._condition.wait(_INTERVAL)
            if self._holder is not None and waited_before and self._waits_for_an_import(self._holder):
                break
        return self._holder is None

    # Nothing public tells that a thread waits for a module's lock, and importlib finds deadlocks of its own locks only.
    # Where the work imports what the waiting thread has begun to import, this ends the wait after 0.1 seconds, not
    # after the 5 of `patience`. A Python whose importlib waits elsewhere ends it:
    # test_who_imports_what_the_work_imports_does_not_wait_for_its_turn (tests/integrations) fails then.
    @staticmethod
    def _waits_for_an_import(thread: int) -> bool:
        frame = sys._current_frames().get(thread)
        return frame is not None and (frame.f_code.co_filename, frame.f_code.co_name) == _ACQUIRING

    def _release(self) -> None:
        """Work off what is left, and let another thread have the turn."""
        try:
            for names in iter(self._next, []):
                self._work(names)
        finally:
            with self._condition:
                self._free()

    def _next(self) -> list[str]:
        with self._condition:
            names, self._left = self._left, []
            if not names:
                # In the same breath, so that names are left either before this or to a thread that gets the turn.
                self._free()
            return names

    def _free(self) -> None:
        if self._holder == threading.get_ident():
            self._holder = None
            self._condition.notify_all()

    def _before_fork(self) -> None:
        # Within another thread's work, the new process would have locks that nobody is left to release: the SDK's,
        # and those of the modules that the work imports.
        if self._acquire([]):
            self._forking = threading.get_ident()

    def _after_fork(self) -> None:
        if self._forking == threading.get_ident():
            self._forking = None
            self._release()

    def _after_fork_in_child(self) -> None:
        # The lock may have been held by a thread that this process does not have.
        self._condition = threading.Condition()
        if self._holder != threading.get_ident():
            self._holder = None
        self._after_fork()
