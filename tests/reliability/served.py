"""Serve an app by a real server whose processes are watched, from its start to its end."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Iterator, Mapping, Sequence

from tests.benchmarks import processes
from tests.harness import served
from tests.harness.server import APPS, DEADLINE, begin, environment, free_port, until
from tests.reliability.receiver import Receiver

#: Quickest to start first.
SERVERS = ("uvicorn", "granian", "gunicorn", "hypercorn")
OURS, BY_HAND, BARE = "ours", "by hand", "bare"
_QUIET = {"uvicorn": "--no-access-log"}


class Served:
    """A server and the processes that it starts; `said` is where it writes."""

    def __init__(
        self,
        server: str,
        environ: Mapping[str, str],
        workers: int = 1,
        options: str = "",
        app: str = "numbered",
        *,
        before: Sequence[str] = (),
        command: Sequence[str] = (),
        port: str = "",
        cwd: Path = APPS,
    ) -> None:
        """Start it, with words `before` its command line, or by a `command` line and the port that this names."""
        port = port or free_port()
        self.port = int(port)
        several = f"--workers {workers}" if workers > 1 else ""
        words = f"{_QUIET.get(server, '')} {several} {options}"
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the server has ended)
        command = command or [*before, *served.command(server, f"{app}:app", port, words)]
        self.process = begin(command, environ, cwd, stdout=self._output, stderr=subprocess.STDOUT)

    def __enter__(self) -> Served:
        """Wait until it takes connections; nothing is left of it on exit."""
        try:
            until(self._listens, "the server to listen")
        except BaseException:
            self.__exit__()
            raise
        return self

    def _listens(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.said}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def __exit__(self, *error: object) -> None:
        """End what is left."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self._output.close()

    def stop(self) -> float:
        """Ask the server to end; return the seconds until it has."""
        began = time.perf_counter()
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        self.wait()
        return time.perf_counter() - began

    def wait(self) -> None:
        """Wait until the server has ended, for at most the time that anything may take."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(DEADLINE)

    @property
    def has_ended(self) -> bool:
        """Whether its first process has ended."""
        return self.process.poll() is not None

    @property
    def session(self) -> list[int]:
        """The processes that it has started, itself included, which have not ended."""
        return [pid for pid, (state, _) in self._processes() if state != "Z"]

    @property
    def zombies(self) -> int:
        """How many children its first process has not waited for."""
        return sum((state, parent) == ("Z", self.process.pid) for _, (state, parent) in self._processes())

    def _processes(self) -> Iterator[tuple[int, tuple[str, int]]]:
        """Yield each process of the session with its state and its parent."""
        for directory in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):  # it has ended meanwhile
                # After the name, in parentheses: state, parent, group, session.
                fields = (directory / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == self.process.pid:
                    yield int(directory.name), (fields[0], int(fields[1]))

    @property
    def megabytes(self) -> float:
        """Resident memory of the server and what it started."""
        return processes.resident(self.process.pid)

    @property
    def said(self) -> str:
        """What it has written."""
        with open(f"/proc/self/fd/{self._output.fileno()}", errors="replace") as output:  # noqa: PTH123
            return output.read()


def variables(
    receiver: Receiver | str, traces: float | None, losses: Path, how: str = OURS
) -> dict[str, str]:
    """Return the environment of an app that is instrumented by us, by hand, or not at all.

    What the SDK's transport counts as lost in its processes is written to `losses`.
    """
    dsn = receiver if isinstance(receiver, str) else receiver.dsn
    # Without a release the SDK would run git to find one.
    sentry = {"SENTRY_DSN": dsn, "SENTRY_RELEASE": "1.0", "LOSSES": str(losses)}
    rate = "" if traces is None else str(traces)
    if how == BY_HAND:
        return environment(
            {**sentry, "APP": "numbered", "WITH_MIDDLEWARE": "1", "RATE": rate}, bootstrap=False
        )
    if how == BARE:
        return environment(bootstrap=False)
    return environment({**sentry, **({"SENTRY_TRACES_SAMPLE_RATE": rate} if rate else {})})


def app_of(how: str) -> str:
    """Return the module that is served."""
    return "by_hand" if how == BY_HAND else "numbered"
