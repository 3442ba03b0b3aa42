"""Run an unmodified app under a real server in a subprocess, with the bootstrap on PYTHONPATH."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable, Mapping, Sequence

import httpx

ROOT = Path(__file__).parents[2]
APPS = ROOT / "tests" / "apps"
BOOTSTRAP = ROOT / "sentry_asgi_autoconf" / "bootstrap"
DEADLINE = 60.0  # seconds that anything may take on a busy machine

_ADDRESS = re.compile(r"running on https?://[^:\s]+:(\d+)")


def environment(extra: Mapping[str, str] | None = None, *, bootstrap: bool = True) -> dict[str, str]:
    """Return a clean environment: no setting of the caller's, the bootstrap on PYTHONPATH if wanted."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SENTRY_", "PYTEST_", "PYTHON", "COV_", "OTEL_", "GITHUB_", "CI_"))
    }
    kept["PYTHONUNBUFFERED"] = "1"
    kept["NO_COLOR"] = "1"
    if bootstrap:
        kept["PYTHONPATH"] = str(BOOTSTRAP)
    return {**kept, **(extra or {})}


def until(condition: Callable[[], Any], what: str, deadline: float = DEADLINE) -> Any:
    """Poll `condition` until it gives something true, and give that; fail after `deadline` seconds."""
    end = time.monotonic() + deadline
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"waited {deadline:.0f} s in vain for {what}")


def begin(
    command: Sequence[str], environ: Mapping[str, str], cwd: Path, **streams: Any
) -> subprocess.Popen[Any]:
    """Start a command that reads nothing, in a session of its own, by which all that it starts can be found."""
    return subprocess.Popen(
        command, env=dict(environ), cwd=cwd, stdin=subprocess.DEVNULL, start_new_session=True, **streams
    )


class Server:
    """A server process whose output is collected while it runs."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], cwd: Path = APPS) -> None:
        self.output = ""
        self.stdout = ""
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = begin(command, environ, cwd, text=True, **streams)
        self._readers = [
            threading.Thread(target=self._read, args=(self.process.stdout, True), daemon=True),
            threading.Thread(target=self._read, args=(self.process.stderr, False), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any, is_stdout: bool) -> None:
        for line in stream:
            self.output += line
            if is_stdout:
                self.stdout += line

    @property
    def url(self) -> str:
        """The address that the server says it listens on."""
        found = until(lambda: _ADDRESS.search(self.output) or self._is_dead(), "the server's address")
        return f"http://127.0.0.1:{found[1]}"

    def _is_dead(self) -> bool:
        """Return False, or raise what a server that has ended without listening wrote."""
        if self.process.poll() is not None:
            for reader in self._readers:
                reader.join(timeout=5)
            if not _ADDRESS.search(self.output):
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.output}")
        return False

    def ready(self) -> Server:
        """Wait until the app has started to serve."""
        until(
            lambda: "Application startup complete" in self.output or self._is_dead(),
            f"the app to start, in {self.output!r}",
        )
        return self

    def get(self, path: str, **arguments: Any) -> httpx.Response:
        """Request `path`, once."""
        return self.request("GET", path, **arguments)

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Send one request on a connection of its own."""
        with httpx.Client(timeout=DEADLINE, trust_env=False) as client:
            return client.request(method, self.url + path, **arguments)

    def provoke(self, path: str = "/boom", **arguments: Any) -> None:
        """Request what fails: a 500, or no end of the response if it had begun."""
        with contextlib.suppress(httpx.RemoteProtocolError):
            method = arguments.pop("method", "GET")
            assert self.request(method, path, **arguments).status_code == 500

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        """Signal the server, wait until all of it has ended, and give its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal_number)
        return self.wait()

    def wait(self) -> int:
        """Wait until the server has ended by itself, and give its exit status."""
        try:
            self.process.wait(timeout=DEADLINE)
        finally:
            self.kill()
        for reader in self._readers:
            reader.join(timeout=DEADLINE)
        return self.process.returncode

    def end(self) -> None:
        """End it with its test: killed, but asked first where each process measures what it has run, until it ends."""
        if "COVERAGE_PROCESS_CONFIG" in os.environ and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout=DEADLINE / 6)
        self.kill()
        self.process.wait()

    def kill(self) -> None:
        """End whatever is left of the server and its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)


def free_port() -> str:
    """Return a port that was free a moment ago, for servers that cannot say which one they were given."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


def uvicorn(*arguments: str, python: str = sys.executable) -> list[str]:
    """Return a uvicorn command on a port from the operating system."""
    return [python, "-m", "uvicorn", "--port", "0", *arguments]


def run(code: str, environ: Mapping[str, str], *options: str, python: str = sys.executable) -> Any:
    """Run Python code in an interpreter of its own."""
    return subprocess.run(
        [python, *options, "-c", code],
        env=dict(environ),
        cwd=APPS,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
