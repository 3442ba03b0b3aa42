"""Keep this process's status file, where SENTRY_ASGI_STATUS_DIR asks for one, until the process ends."""

from __future__ import annotations

import atexit
import os
import threading
import time
from typing import TYPE_CHECKING, Callable

from sentry_asgi_autoconf import process_end, subinterpreter

if TYPE_CHECKING:
    from sentry_asgi_autoconf.status_account import Account
    from sentry_asgi_autoconf.status_file import StatusFile

VARIABLE = "SENTRY_ASGI_STATUS_DIR"


class Status:
    """What this process tells of itself; a forked child begins anew, and leaves its parent's file to it."""

    def __init__(self) -> None:
        """Begin with nothing to tell."""
        self._account: Account | None = None
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        # The parent's may have been held when it forked.
        self._lock = threading.RLock()
        self._file: StatusFile | None = None
        self._stopped = 0
        self._has_ended = False

    def tell(self, what: Callable[[Account], None], *, at_once: bool = True) -> None:
        """Add to the account, and write it unless that can wait for what comes next."""
        directory = os.environ.get(VARIABLE, "").strip()
        if not directory or subinterpreter.is_this():  # the file is the main interpreter's
            return
        if self._pid != os.getpid():
            self._begin()
        with self._lock:
            what(self._of_this_process())
            if at_once or self.is_told:
                self._write(directory)

    def serves_nothing(self) -> None:
        """Take the file away, as this process only starts those that serve."""
        if self.is_told and self._file and self._account:
            self._file.remove()
            self._account = self._account.of_a_child()

    def stopped(self) -> None:
        """Take note that a server of this process has ended: the file goes with the last."""
        self._stopped += 1
        if self._account is None or self._stopped >= len(self._account.apps):
            self.end()

    def end(self) -> None:
        """Take the file away, or note in it that the process ends, where its directory keeps it."""
        if not self.is_told or self._has_ended or not self._file or not self._account:
            return
        self._has_ended = True
        if self._file.outlives_its_process():
            self._file.write({**self._account.content(), "ended": time.time()})
        else:
            self._file.remove()

    @property
    def is_told(self) -> bool:
        """Whether this process has a file."""
        return self._pid == os.getpid() and self._file is not None and self._file.is_there

    def _of_this_process(self) -> Account:
        if self._account is None:
            from sentry_asgi_autoconf.status_account import Account

            self._account = Account([])
        elif self._account.pid != self._pid:
            self._account = self._account.of_a_child()
        elif self._has_ended:  # and serves again
            self._account.apps.clear()
            self._has_ended, self._stopped = False, 0
        return self._account

    def _write(self, directory: str) -> None:
        if self._file is None:
            from sentry_asgi_autoconf.status_file import StatusFile

            self._file = StatusFile(directory)
            atexit.register(self.end)
            process_end.run_in_multiprocessing_child(self.end)
        self._file.write(self._of_this_process().content())
