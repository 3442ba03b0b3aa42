"""A Ray cluster whose every process has the bootstrap on its path, told what to deploy and to end."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Iterator, Mapping

import httpx

from tests.harness.envelopes import Project
from tests.harness.server import APPS, DEADLINE, Server, environment, until
from tests.harness.venvs import installed_beside

PATIENCE = 3 * DEADLINE  # seconds; a cluster starts dozens of processes
_numbers = itertools.count(1)


@dataclass
class Deployed:
    """A deployment of tests/apps/ray_*.py with variables of its own, and the path below which it serves."""

    deployment: str
    environ: dict[str, str] = field(default_factory=dict)
    path: str = ""
    replicas: int = 1
    driver: Server | None = None
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.name = f"{self.deployment}-{next(_numbers)}"


class RayCluster:
    """Two nodes of Ray with Serve on both, all in one temporary directory, and one to spare if wanted."""

    def __init__(self, python: str, project: Project, *, has_spare: bool = False) -> None:
        # Short, as Ray makes sockets far below it.
        self.directory = Path(tempfile.mkdtemp(prefix="ray"))
        (self.directory / "ray").mkdir()
        self.environ = {
            "HOME": str(self.directory),
            "RAY_TMPDIR": str(self.directory),
            "RAY_USAGE_STATS_ENABLED": "0",
        }
        self.python = python
        self.bootstrap = installed_beside(self.directory)
        instrumented = {
            "PYTHONPATH": str(self.bootstrap),
            "SENTRY_DSN": project.dsn,
            "SENTRY_TRACES_SAMPLE_RATE": "1.0",
            "SENTRY_ASGI_LOG_LEVEL": "info",
            # A cluster keeps this machine busy: what two seconds cut off is not what is tested.
            "SENTRY_SHUTDOWN_TIMEOUT": "15",
            **({"SPARE": "1"} if has_spare else {}),
        }
        self._drivers = [self._driver(instrumented)]
        started = self.command("start")
        self._address, self._port = started["address"], started["port"]

    def _driver(self, environ: Mapping[str, str]) -> Server:
        variables = environment({**self.environ, **environ}, bootstrap=False)
        return Server([self.python, str(APPS / "ray_cluster.py")], variables)

    def driver(self, environ: Mapping[str, str]) -> Server:
        """Start another driver of this cluster, without the bootstrap."""
        self._drivers.append(self._driver({"RAY_ADDRESS": self._address, **environ}))
        return self._drivers[-1]

    def command(self, do: str, driver: Server | None = None, **arguments: Any) -> Any:
        """Have a driver do something, and give its answer."""
        response = (driver or self._drivers[0]).request(
            "POST", "/", json={"do": do, **arguments}, timeout=PATIENCE
        )
        assert response.status_code == 200, response.text
        return response.json()

    @contextlib.contextmanager
    def deployed(self, *deployments: Deployed) -> Iterator[None]:
        """Deploy all of them at the same time, and delete them afterwards."""
        with ThreadPoolExecutor() as pool:
            list(pool.map(self.run, deployments))
        try:
            yield
        finally:
            for deployment in deployments:
                self.command("delete", name=deployment.name, blocking=False)

    def run(self, deployed: Deployed) -> None:
        """Deploy, or deploy again."""
        self.command(
            "run",
            deployed.driver,
            deployment=deployed.deployment,
            name=deployed.name,
            prefix=deployed.path or "/",
            replicas=deployed.replicas,
            environ=deployed.environ,
            options=deployed.options,
        )

    def request(self, method: str, path: str, **arguments: Any) -> httpx.Response:
        """Send one request through the proxy, on a connection of its own."""
        with httpx.Client(timeout=PATIENCE, trust_env=False) as client:
            return client.request(method, f"http://127.0.0.1:{self._port}{path}", **arguments)

    def said(self, text: str) -> list[str]:
        """Return the names of the processes' logs whose lines have this text, once for each line."""
        found: dict[str, list[str]] = {}
        (logs,) = (self.directory / "ray").glob("session_2*/logs")
        for log in logs.rglob("*.err"):
            # Ray moves those of processes that have ended to a directory of their own.
            with contextlib.suppress(FileNotFoundError):
                lines = log.read_text(errors="replace").splitlines()
                found[log.name] = [log.name for line in lines if text in line]
        return sorted(itertools.chain.from_iterable(found.values()))

    def processes(self) -> dict[int, str]:
        """Return the cluster's processes: what each calls itself, by number."""
        sessions = {driver.process.pid for driver in self._drivers}
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if os.getsid(int(process.name)) in sessions:
                    found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ")
        return found

    def end(self, signal_number: int = signal.SIGTERM) -> None:
        """End all processes of the cluster and remove its files."""
        try:
            for driver in reversed(self._drivers):
                driver.stop(signal_number)
            until(lambda: not self.processes(), "the cluster to end")
        finally:
            for process in self.processes():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            shutil.rmtree(self.directory, ignore_errors=True)
