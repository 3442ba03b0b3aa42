"""Start a command as it is, but with a status directory of its own, and watch until its processes have reported."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Callable, TextIO

from sentry_asgi_autoconf.cli.checks import processes
from sentry_asgi_autoconf.cli.checks.processes import Seen
from sentry_asgi_autoconf.cli.run import refusal
from sentry_asgi_autoconf.status.process_status import KEEP

_POLL = 0.1  # seconds
_GRACE = 10.0  # seconds to end in


class StartedCommand:
    """The command and what it was seen to do, until the context is left, which ends it."""

    def __init__(self, words: list[str]) -> None:
        """Start it. Raises CommandNotFoundError or CommandNotExecutableError."""
        self._directory = Path(tempfile.mkdtemp(prefix="sentry-asgi-check-"))
        self._status = self._directory / "status"
        self._output_path = self._directory / "output"
        self._output: TextIO = self._output_path.open("w", encoding="utf-8")
        self.words = words
        self.seen: dict[int, Seen] = {}
        self.reports: list[dict[str, Any]] = []
        self.has_ended = False
        try:
            self._process = self._start()
        except BaseException:
            self._forget()
            raise

    def _start(self) -> subprocess.Popen[str]:
        self._status.mkdir()
        (self._status / KEEP).touch()
        # Workers may run as another user, who has to find and write their own files only.
        self._directory.chmod(0o711)
        self._status.chmod(0o1733)
        environment = {**os.environ, "SENTRY_ASGI_STATUS_DIR": str(self._status)}
        if environment.get("SENTRY_ASGI_LOG_LEVEL", "").strip().lower() == "error":
            environment["SENTRY_ASGI_LOG_LEVEL"] = "warning"  # what the processes say is looked through
        program = shutil.which(self.words[0], path=environment.get("PATH")) or self.words[0]
        try:
            return subprocess.Popen(
                [program, *self.words[1:]],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                universal_newlines=True,
            )
        except OSError as error:
            raise refusal(self.words[0], environment, error) from error

    def __enter__(self) -> StartedCommand:
        return self

    def __exit__(self, *failure: object) -> None:
        self._stop()
        self._forget()

    def watch(self, timeout: float, is_enough: Callable[[], bool]) -> None:
        """Wait until all that serve have reported, the command has ended, it is enough, or `timeout` seconds."""
        begun = time.monotonic()
        reported: float | None = None
        listening: float | None = None
        changed = begun
        while not (self.has_ended or is_enough()) and time.monotonic() - begun < timeout:
            time.sleep(_POLL)
            self.has_ended = self._process.poll() is not None
            self.seen.update({seen.pid: seen for seen in processes.of_session(self._process.pid)})
            now = time.monotonic()
            found = self._read()
            if found != self.reports:
                self.reports, changed = found, now
                reported = reported or now
            if (
                reported is not None
                and not self._are_awaited()
                and now - changed > _quiet(reported - begun, 1)
            ):
                return
            if listening is None and processes.are_listening(self._process.pid):
                listening = now
            if listening is not None and reported is None and now - listening > _quiet(listening - begun, 3):
                return

    @property
    def status(self) -> int | None:
        """Its exit status, None if it had to be ended."""
        return self._process.returncode if self.has_ended else None

    def output(self) -> list[str]:
        """Give the lines that it and its children have written."""
        return self._output_path.read_text("utf-8", "replace").splitlines()

    def _read(self) -> list[dict[str, Any]]:
        reports = []
        for path in sorted(self._status.glob("*.json")):
            try:
                reports.append(json.loads(path.read_text("utf-8")))
            except (OSError, ValueError):  # removed, as its process only starts those that serve
                continue
        return reports

    def _are_awaited(self) -> bool:
        if any(report["state"] == "failed" for report in self.reports):
            return False  # workers that are started again and again would be awaited for ever
        return any(map(self.is_awaited, self.reports))

    def is_awaited(self, report: dict[str, Any]) -> bool:
        """Whether a process has yet to load its app, and is no mere parent of others that report."""
        parents = {other["ppid"] for other in self.reports}
        is_loading = report["state"] == "active" and not report["apps"]
        return is_loading and "ended" not in report and report["pid"] not in parents

    def _stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(_GRACE)
            except subprocess.TimeoutExpired:
                self._process.kill()
        if hasattr(os, "killpg"):
            _attempt(lambda: os.killpg(self._process.pid, signal.SIGKILL))
        self._process.wait()

    def _forget(self) -> None:
        self._output.close()
        shutil.rmtree(str(self._directory), ignore_errors=True)


def _quiet(so_far: float, least: float) -> float:
    """Give the seconds for which nothing may happen: on a busy machine, others take longer, too."""
    return min(max(least, so_far / 2), 10.0)


def _attempt(action: Callable[[], None]) -> None:
    try:
        action()
    except OSError:  # all of it has ended
        return
