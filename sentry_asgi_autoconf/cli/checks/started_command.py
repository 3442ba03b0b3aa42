"""Start a command as it is, but with a status directory of its own, and watch until its processes have reported."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

from sentry_asgi_autoconf.cli.run import popen
from sentry_asgi_autoconf.status.process_status import KEEP

_POLL = 0.1  # seconds
_GRACE = 10.0  # seconds to end in
_PROC = Path("/proc")
_LISTENING = "0A"  # in /proc/net/tcp
_ACCEPTS = 0x10000  # in /proc/net/unix: __SO_ACCEPTCON
# Set by what packs an app into one file, with a Python that reads no PYTHONPATH, for the processes of that app.
PACKERS = {"PEX": "PEX", "_PYI_ARCHIVE_FILE": "PyInstaller"}
_TOLD = ("PYTHONPATH", "SENTRY_ASGI_ENABLED", "SENTRY_ASGI_STATUS_DIR", "SENTRY_ASGI_WATCH", *PACKERS)


class Seen(NamedTuple):
    """A process: its command line, whether it is a Python, and of its environment what concerns us."""

    pid: int
    words: list[str]
    is_python: bool
    environ: dict[str, str]


@contextlib.contextmanager
def start(words: list[str]) -> Iterator[StartedCommand]:
    """Start the command, and end it with all that it has started. Raises CommandNotExecutableError."""
    directory = Path(tempfile.mkdtemp(prefix="sentry-asgi-check-"))
    try:
        command = StartedCommand(words, directory)
        try:
            yield command
        finally:
            command.stop()
    finally:
        shutil.rmtree(str(directory), ignore_errors=True)


class StartedCommand:
    """The command and what it was seen to do; `status` is its exit status, None if it had to be ended."""

    def __init__(self, words: list[str], directory: Path) -> None:
        """Start it, with its status files and its output in `directory`. Raises CommandNotExecutableError."""
        self.words = words
        self.seen: dict[int, Seen] = {}
        self.reports: list[dict[str, Any]] = []
        self.status: int | None = None
        self._status_directory, self._output = directory / "status", directory / "output"
        self._status_directory.mkdir()
        (self._status_directory / KEEP).touch()
        # Workers may run as another user, who has to find and write their own files only.
        directory.chmod(0o711)
        self._status_directory.chmod(0o1733)
        environment = {**os.environ, "SENTRY_ASGI_STATUS_DIR": str(self._status_directory)}
        if environment.get("SENTRY_ASGI_LOG_LEVEL", "").strip().lower() == "error":
            environment["SENTRY_ASGI_LOG_LEVEL"] = "warning"  # what the processes say is looked through
        with self._output.open("wb") as output:
            self._process = popen(
                words,
                environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def watch(self, timeout: float, is_enough: Callable[[], bool], tell: Callable[[str], object]) -> None:
        """Wait until all that serve have reported, the command has ended, it is enough, or `timeout` seconds.

        What is waited for is told.
        """
        begun = changed = time.monotonic()
        reported: float | None = None
        listening: float | None = None
        while self.status is None and not is_enough() and time.monotonic() - begun < timeout:
            time.sleep(_POLL)
            self.status = self._process.poll()
            self.seen.update({seen.pid: seen for seen in _look_at_session(self._process.pid)})
            now = time.monotonic()
            awaited = (
                f"process {self.reports[0]['pid']} and others like it to start"
                if self.reports
                else "a process to serve"
            )
            tell(f"Waiting for {awaited}: {now - begun:.0f} s of {timeout:g}")
            found = self._read()
            if found != self.reports:
                self.reports, changed = found, now
                reported = reported or now
            if reported is not None:
                # Workers that are started again and again would be awaited for ever.
                has_failed = any(report["state"] == "failed" for report in self.reports)
                is_complete = has_failed or not any(map(self.is_awaited, self.reports))
                if is_complete and now - changed > _quiet(reported - begun, 1):
                    return
                continue
            if listening is None and _is_listening(self._process.pid):
                listening = now
            if listening is not None and now - listening > _quiet(listening - begun, 3):
                return

    def output(self) -> list[str]:
        """Return the lines that it and its children have written."""
        return self._output.read_text("utf-8", "replace").splitlines()

    def is_awaited(self, report: dict[str, Any]) -> bool:
        """Whether a process has yet to load its app, and is no mere parent of others that report."""
        parents = {other["ppid"] for other in self.reports}
        is_loading = report["state"] == "active" and not report["apps"]
        return is_loading and "ended" not in report and report["pid"] not in parents

    def stop(self) -> None:
        """End it, with all that it has started."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
        if hasattr(os, "killpg"):
            with contextlib.suppress(OSError):  # all of it has ended
                os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _read(self) -> list[dict[str, Any]]:
        reports = []
        for path in sorted(self._status_directory.glob("*.json")):
            # Removed, where its process only starts those that serve.
            with contextlib.suppress(OSError, ValueError):
                reports.append(json.loads(path.read_text("utf-8")))
        return reports


def _quiet(so_far: float, least: float) -> float:
    """Return the seconds for which nothing may happen: on a busy machine, others take longer, too."""
    return min(max(least, so_far / 2), 10.0)


def _look_at_session(session: int) -> Iterator[Seen]:
    """Yield the processes of a session that run now; none where the system does not tell (all but Linux)."""
    for place in _places_of(session):
        with contextlib.suppress(OSError, ValueError):
            words = [os.fsdecode(word) for word in (place / "cmdline").read_bytes().split(b"\0")[:-1]]
            pairs = (
                os.fsdecode(pair).partition("=") for pair in (place / "environ").read_bytes().split(b"\0")
            )
            environ = {name: value for name, _, value in pairs if name in _TOLD}
            program = Path(os.readlink(str(place / "exe"))).name
            if words:
                yield Seen(int(place.name), words, program.startswith(("python", "pypy")), environ)


def _is_listening(session: int) -> bool:
    """Whether a process of the session waits for connections."""
    for place in _places_of(session):
        with contextlib.suppress(OSError, ValueError):
            listening = {f"socket:[{inode}]" for inode in _listening_sockets(place / "net")}
            for descriptor in (place / "fd").iterdir():
                with contextlib.suppress(OSError):
                    if os.readlink(str(descriptor)) in listening:
                        return True
    return False


def _places_of(session: int) -> Iterator[Path]:
    """Yield the directory of each process of the session."""
    for place in _PROC.glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError):
            # The name before it may hold blanks and parentheses.
            fields = (place / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(fields[3]) == session:
                yield place


def _listening_sockets(net: Path) -> Iterator[str]:
    for name in ("tcp", "tcp6", "unix"):
        try:
            rows = [line.split() for line in (net / name).read_text().splitlines()[1:]]
        except OSError:
            continue
        for fields in rows:
            if name != "unix" and fields[3] == _LISTENING:
                yield fields[9]
            elif name == "unix" and int(fields[3], 16) & _ACCEPTS:
                yield fields[6]
