"""Serve the example app as a person would: by uvicorn, the bootstrap on PYTHONPATH, settings beside it."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from sentry_asgi_autoconf.cli.path import BOOTSTRAP_DIRECTORY, PACKAGE_DIRECTORY, with_bootstrap
from sentry_asgi_autoconf.exceptions import AutoconfError

if TYPE_CHECKING:
    from types import TracebackType

HOST = "127.0.0.1"
START_SECONDS = 30.0
ANSWER_SECONDS = 10.0
STOP_SECONDS = 10.0


class ExampleServerError(AutoconfError):
    """The demo's server ended, or does not answer."""

    slug = "demo-failed"


def example_directory() -> Path:
    """Give the example app's directory: inside an installed package, or beside the package in a checkout."""
    installed = PACKAGE_DIRECTORY / "cli" / "example"
    return installed if installed.is_dir() else PACKAGE_DIRECTORY.parent / "sitecustomize_example"


class ExampleServer:
    """The example app's server in a child process, ended on leaving the context."""

    def __init__(self, settings: dict[str, str], port: int = 0) -> None:
        """Prepare to serve on `port`, 0 for any free one, with `settings` as the only SENTRY_* variables.

        Raises ExampleServerError if the port cannot be had.
        """
        self.directory = example_directory()
        self.port = _free_port(port)
        self.url = f"http://{HOST}:{self.port}"
        self._settings = settings
        self._scratch = tempfile.TemporaryDirectory(prefix="sentry-asgi-autoconf-")
        self._output = Path(self._scratch.name, "output")

    def __enter__(self) -> ExampleServer:
        """Start the server."""
        inherited = {name: value for name, value in os.environ.items() if not _interferes(name)}
        pythonpath = with_bootstrap(inherited.get("PYTHONPATH", ""))
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", *self._words()],
                cwd=str(self.directory),
                env={**inherited, **self._settings, "PYTHONPATH": pythonpath},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the server, by force if it does not end by itself."""
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._scratch.cleanup()

    def command(self) -> str:
        """Give the shell lines that do the same by hand."""
        settings = {"PYTHONPATH": BOOTSTRAP_DIRECTORY, **self._settings}
        words = " ".join(map(shlex.quote, self._words()))
        lines = [f"cd {shlex.quote(str(self.directory))}"]
        lines += [f"{name}={shlex.quote(value)} \\" for name, value in settings.items()]
        return "\n".join([*lines, words])

    def wait_until_serving(self) -> None:
        """Wait until the server accepts connections.

        Raises ExampleServerError if it ends or does not come up.
        """
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise self._failure(f"The example's server ended with status {self._process.returncode}")
            try:
                socket.create_connection((HOST, self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise self._failure(f"The example's server did not come up within {START_SECONDS:.0f} s")

    def get(self, path: str) -> int:
        """Request `path` and give the status of the answer. Raises ExampleServerError if there is none."""
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with direct.open(self.url + path, timeout=ANSWER_SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            answer.close()
            return answer.code
        except OSError as error:
            raise self._failure(f"The example's server does not answer GET {path} ({error})") from error

    def wait(self) -> None:
        """Wait until the server ends by itself, or a KeyboardInterrupt."""
        self._process.wait()

    def output(self) -> str:
        """Give what the server has written to stdout and stderr."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def _words(self) -> list[str]:
        return ["uvicorn", "main:app", "--port", str(self.port)]

    def _failure(self, what: str) -> ExampleServerError:
        sys.stderr.write(self.output())
        return ExampleServerError(what, remedy="Its output is above.")


def _interferes(name: str) -> bool:
    # Settings of the surrounding shell would make the demo show something else than its command says.
    return name.startswith(("SENTRY_", "UVICORN_")) or name.lower().endswith("_proxy")


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        if os.name == "posix":  # elsewhere it would allow to share the port with another server
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError as error:
            what = f"The example app cannot be served on --port {wanted}: {error.strerror}"
            raise ExampleServerError(what, remedy="Leave the option out to take any free port.") from error
        return int(probe.getsockname()[1])
