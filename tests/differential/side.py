"""One of the two servers of a comparison: bare, or with this package in the path."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Mapping

from tests.differential.exchange import Exchange, Seen, answers
from tests.differential.log import Log
from tests.differential.requests import Request
from tests.harness.served import command
from tests.harness.server import APPS, DEADLINE, environment, free_port, until
from tests.harness.wire import ClosedError, HangError

# With the query, by which a request is known, and without blanks.
_ACCESS_LOG = {
    "uvicorn": "",
    "hypercorn": "--access-logfile - --access-logformat %(m)s_%(U)s?%(q)s_%(s)s",
    "granian": "--access-log --access-log-fmt %(method)s_%(path)s?%(query_string)s_%(status)s",
    "gunicorn": "--access-logfile -",
}

# Sets have the same order in both processes.
_OF_BOTH = {"PYTHONHASHSEED": "0"}


@dataclass
class Result:
    """What the client saw and what the server wrote."""

    seen: Seen
    log: list[str]


class Side:
    """A server with the readers' app of a framework."""

    def __init__(
        self, server: str, framework: str, directory: Path, environ: Mapping[str, str], bootstrap: bool
    ) -> None:
        self._port = int(free_port())
        words = command(server, f"readers_{framework}:app", str(self._port), _ACCESS_LOG[server])
        log = directory / "log"
        # One file for both streams, so that their lines are in order.
        with log.open("wb") as written:
            self._process = subprocess.Popen(
                words,
                env={**environment(environ if bootstrap else {}, bootstrap=bootstrap), **_OF_BOTH},
                cwd=APPS,
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._log = Log(log)
        self._marks = 0
        until(self._is_ready, f"{server} with {framework}")

    def _is_ready(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(f"the server ended with {self._process.returncode}")
        try:
            answers(self._port, "/mark", DEADLINE)
        except (OSError, ClosedError):
            return False
        self._lines()
        return True

    def exchange(self, request: Request, deadline: float, patience: float, settles: bool = False) -> Result:
        """Send one request; with `settles`, the server has time to close the connection before it is used again."""
        seen = Exchange(self._port, request, deadline, patience, patience if settles else 0).run()
        if request.is_a_race or settles:
            time.sleep(patience)  # it is to notice, and to write what it has to write
        lines = self._lines()
        if request.is_refused:
            # The app's answer to it is logged or not, by a turn of the event loop; no client sees that answer.
            # A mount may be left out of its path there.
            query = request.path.rpartition("?")[2]
            lines = [line for line in lines if query not in line]
        return Result(seen, lines)

    def _lines(self) -> list[str]:
        self._marks += 1
        mark = f"/mark?{self._marks}-"
        try:
            until(lambda: self._answers(mark), "the server to answer after a request")
        except HangError as error:
            raise AssertionError("the server answers no more") from error
        return self._log.until(mark, DEADLINE)

    def _answers(self, path: str) -> bool:
        """Request a path, again if the server closes the connection first: a worker may have been replaced."""
        try:
            answers(self._port, path, DEADLINE)
        except (OSError, ClosedError):
            return False
        return True

    def end(self) -> None:
        """End it."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
