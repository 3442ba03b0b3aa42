"""Keep this process's status file until the process ends, and say its status in a line, where either is asked for."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import platform
import re
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable, Mapping

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.activation.decision import is_subinterpreter
from sentry_asgi_autoconf.exceptions import StatusError
from sentry_asgi_autoconf.flushing import flush
from sentry_asgi_autoconf.flushing.deliveries import deliveries
from sentry_asgi_autoconf.settings.values import parse_boolean
from sentry_asgi_autoconf.status import DIRECTORY, LINE
from sentry_asgi_autoconf.status.account import Account, pid_namespace

# Seconds at least between two writes of the file that deliveries alone bring about.
_BETWEEN_DELIVERIES = 5.0
# Seconds at most for which the end of the process waits for one of them.
_LONGEST_WRITE = 1.0


class Status:
    """What this process tells of itself; a forked child begins anew, and leaves its parent's file to it."""

    def __init__(self, guarded: Callable[[Callable[[], None], None], None]) -> None:
        """Take what runs a function fail-open: deliveries are told of in the SDK's thread."""
        self._guarded = guarded
        self._begin(Account([]))

    def _begin(self, account: Account) -> None:
        self._account = account
        # The parent's may have been held when it forked.
        self._lock = threading.RLock()
        self._refreshing = threading.Lock()
        self._file: StatusFile | None = None
        self._stopped = 0
        self._has_ended = self._has_said = False
        self._refreshed = 0.0

    def tell(self, what: Callable[[Account], None], *, at_once: bool = True) -> None:
        """Add to the account, and write it unless that can wait for what comes next."""
        if is_subinterpreter():  # the file is the main interpreter's
            return
        if self._account.pid != os.getpid():
            self._begin(self._account.of_a_child())
        with self._lock:
            if self._has_ended:  # and serves again
                self._account.apps.clear()
                self._account.ended = None
                self._has_ended, self._stopped = False, 0
            what(self._account)
            directory = os.environ.get(DIRECTORY, "").strip()
            if directory and (at_once or self.is_told):
                self._file = self._file or self._new_file(directory)
                self._file.write(self._account.content())
            if self._account.is_settled and not self._has_said:
                self._has_said = True
                self._say()

    def _new_file(self, directory: str) -> StatusFile:
        deliveries.after_each = lambda: self._guarded(self._refresh, None)
        atexit.register(self.end)
        flush.run_in_multiprocessing_child(self.end)
        return StatusFile(directory)

    def _say(self) -> None:
        if parse_boolean(os.environ.get(LINE, "")) is True:
            line = json.dumps({"sentry-asgi-autoconf": self._account.content()})
            with contextlib.suppress(AttributeError, OSError, ValueError):  # None, broken, closed
                sys.stderr.write(f"{line}\n")
                sys.stderr.flush()

    def _refresh(self) -> None:
        """Write what has been delivered, in the thread that sends, and not at each delivery."""
        now = time.monotonic()
        is_due = now - self._refreshed > _BETWEEN_DELIVERIES or self._account.ended
        # Whoever holds the lock writes anyway.
        if is_due and self._lock.acquire(blocking=False):
            try:
                with self._refreshing:
                    self._refreshed = now
                    if self.is_told and self._file and (self._account.ended or not self._has_ended):
                        self._file.write(self._account.content())
            finally:
                self._lock.release()

    def serves_nothing(self) -> None:
        """Take the file away, as this process only starts those that serve."""
        if self.is_told and self._file:
            self._file.remove()
            self._account = self._account.of_a_child()

    def stopped(self) -> None:
        """Take note that a server of this process has ended: the file goes with the last."""
        self._stopped += 1
        if self._stopped >= len(self._account.apps):
            self.end()

    def end(self) -> None:
        """Take the file away, or note in it that the process ends, where its directory keeps it."""
        if self.is_told and not self._has_ended and self._file:
            self._has_ended = True
            # What another thread writes at this moment would stay. It is waited for, and not for ever.
            if self._refreshing.acquire(timeout=_LONGEST_WRITE):
                self._refreshing.release()
            if self._file.is_kept():
                self._account.ended = time.time()
                self._file.write(self._account.content())
            else:
                self._file.remove()

    @property
    def is_told(self) -> bool:
        """Whether this process has a file."""
        return self._account.pid == os.getpid() and self._file is not None and self._file.is_there


# A directory that holds a file of this name keeps the files of processes that have ended, too.
KEEP = ".keep"


class StatusFile:
    """The file of this process in a directory; what cannot be written costs one line."""

    def __init__(self, directory: str) -> None:
        """Choose the name. The process may change its working directory later."""
        self._path = Path(directory).absolute() / f"{process_name()}.json"
        self._has_complained = False
        self.is_there = False

    def write(self, content: Mapping[str, Any]) -> None:
        """Put `content` in the place of what the file says."""
        temporary = self._path.with_name(f".{self._path.name}.{int(time.time() * 1e9)}")
        try:
            # Exclusively, so that nobody's link is followed, with the mode that the umask leaves, as others read it.
            with temporary.open("x", encoding="utf-8") as file:
                file.write(json.dumps(content, indent=1) + "\n")
            temporary.replace(self._path)
            self.is_there = True
        except (OSError, ValueError) as error:
            self._complain(error)
            self.remove()  # it says what is no longer so
        finally:
            _unlink(temporary)

    def remove(self) -> None:
        """Take the file away. It holds no lock, as a signal may be handled in the midst of a write."""
        self.is_there = False
        _unlink(self._path)

    def is_kept(self) -> bool:
        """Whether the directory keeps the files of processes that have ended."""
        return os.path.lexists(self._path.parent / KEEP)

    def _complain(self, error: Exception) -> None:
        if not self._has_complained:
            self._has_complained = True
            reason = getattr(error, "strerror", None) or error
            what = f"the status file {console.printable(str(self._path), 200)} cannot be written: {reason}"
            remedy = "Give SENTRY_ASGI_STATUS_DIR a directory that exists and that the process may write to."
            console.say("warning", StatusError(what, remedy=remedy))


def process_name() -> str:
    """Return a name that no other process has that may keep its file in the same directory."""
    host = re.sub(r"[^\w.-]", "_", platform.node())[:100]
    return "-".join(map(str, filter(None, (host, pid_namespace(), os.getpid()))))


def _unlink(path: Path) -> None:
    with contextlib.suppress(OSError, ValueError):
        path.unlink()
