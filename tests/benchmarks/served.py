"""Serve an app by a real server, wait for its first response, and stop it."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from typing import Callable, TypeVar

from tests.benchmarks import processes
from tests.benchmarks.client import Client
from tests.benchmarks.variants import APPS, Started
from tests.harness.server import begin, free_port

UVICORN = ("uvicorn", "--log-level", "warning", "--no-access-log", "--port", "{port}")
GRANIAN = (
    *("granian", "--interface", "asgi", "--loop", "uvloop"),
    *("--log-level", "warning", "--port", "{port}"),
)
GUNICORN = ("gunicorn", "--worker-class", "asgi", "--log-level", "warning", "--bind", "127.0.0.1:{port}")
_DEADLINE = 300.0  # seconds: forty libraries may be imported, on a busy machine
_PAUSE = 0.002  # seconds between two attempts to connect

T = TypeVar("T")


class Served:
    """A server of an app, from its start to its end."""

    def __init__(self, started: Started, server: tuple[str, ...]) -> None:
        """Start it."""
        self.port = int(free_port())
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (closed when the server has ended)
        words = [word.format(port=self.port) for word in server]
        command = [*started.python, "-m", *words, started.app]
        self._start = time.perf_counter()
        streams = {"stdout": self._output, "stderr": subprocess.STDOUT}
        self._process = begin(command, started.environ, APPS, **streams)

    def __enter__(self) -> Served:
        """Be stopped on exit."""
        return self

    def __exit__(self, *error: object) -> None:
        """Stop the server and what it started."""
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_DEADLINE)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._output.close()

    def first_response(self, path: str) -> float:
        """Return the seconds from the start until `path` has been answered with 200."""
        answer = self._as_soon_as_it_listens(lambda: self.request(path))
        seconds = time.perf_counter() - self._start
        if b" 200 " not in answer.partition(b"\r\n")[0]:
            raise AssertionError(f"{path} was answered with {answer!r}:\n{self._said()}")
        return seconds

    def client(self) -> Client:
        """Return a client of a connection of its own, as soon as the server accepts one."""
        return self._as_soon_as_it_listens(lambda: Client(self.port))

    def _as_soon_as_it_listens(self, act: Callable[[], T]) -> T:
        while True:
            with contextlib.suppress(ConnectionError):
                found = act()
                if found:
                    return found
            if self._process.poll() is not None or time.perf_counter() - self._start > _DEADLINE:
                raise AssertionError(f"the server does not serve:\n{self._said()}")
            time.sleep(_PAUSE)

    def request(self, path: str) -> bytes:
        """Request `path` once, on a connection of its own, and give all of the answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=_DEADLINE) as connection:
            connection.sendall(
                f"GET {path} HTTP/1.1\r\nHost: benchmark\r\nConnection: close\r\n\r\n".encode()
            )
            return b"".join(iter(lambda: connection.recv(65536), b""))

    @property
    def megabytes(self) -> float:
        """Resident memory of the server and what it started."""
        return processes.resident(self._process.pid)

    @property
    def cpu_seconds(self) -> float:
        """CPU time of the server and what it started."""
        return processes.cpu_seconds(self._process.pid)

    def _said(self) -> str:
        self._output.seek(0)
        return self._output.read().decode(errors="replace")
