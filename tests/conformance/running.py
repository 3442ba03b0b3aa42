"""Run a suite's tests, bare or with this package in their path."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Iterable, NamedTuple

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.conformance.sources import CACHE
from tests.conformance.suites import Suite
from tests.harness.envelopes import Project
from tests.harness.server import environment
from tests.harness.venvs import wheel

PLUGINS = Path(__file__).parent / "plugins"
LONGEST = 1200  # seconds


class Outcome(NamedTuple):
    """How a test ended: passed, failed or skipped; with what text, and what it used of the package."""

    ended: str
    text: str = ""
    uses: tuple[str, ...] = ()


class Run(NamedTuple):
    """How each test of a run ended, by its id, and how much telemetry of theirs has arrived."""

    tests: dict[str, Outcome]
    output: str
    arrived: int = 0

    def count(self, ended: str) -> int:
        """Return how many tests ended so."""
        return sum(outcome.ended == ended for outcome in self.tests.values())

    def updated(self, again: Run) -> Run:
        """Return this run with the outcomes of tests that were run again."""
        tests = {
            **self.tests,
            **{name: outcome for name, outcome in again.tests.items() if name in self.tests},
        }
        return self._replace(tests=tests)

    def used(self, use: str) -> int:
        """Return how many tests used the package so."""
        return sum(use in outcome.uses for outcome in self.tests.values())


class Runner:
    """Runs the tests of one suite, in their directory, with the Python of their environment."""

    def __init__(self, suite: Suite, directory: Path, python: str, inbox: BackgroundInbox) -> None:
        self._suite = suite
        self._directory = directory
        self._python = python
        self._inbox = inbox

    def run(self, *, here: bool, tests: Iterable[str] = ()) -> Run:
        """Run the suite's tests, or some of them alone, bare or with this package."""
        with tempfile.TemporaryDirectory() as temporary:
            file = Path(temporary) / "outcomes"
            project = Project(self._inbox)
            output = self._output(self._command(here, list(tests)), self._environment(here, file, project))
            return Run(_read(file), output, len(project.items()))

    def _command(self, here: bool, tests: list[str]) -> list[str]:
        plugins = ["outcomes", *(["in_the_path"] if here and self._suite.takes_settings else [])]
        return [
            *(self._python, "-m", "pytest", "--quiet", "--tb=short", "--disable-warnings"),
            # Not theirs, which measure coverage; the tests may not leave anything behind for one another.
            *("--override-ini", "addopts=", "-p", "no:cacheprovider"),
            *(option for plugin in plugins for option in ("-p", plugin)),
            *self._suite.options,
            *(tests or [f"-n{self._suite.processes}", *self._suite.tests]),
        ]

    def _environment(self, here: bool, file: Path, project: Project) -> dict[str, str]:
        path, settings = [str(PLUGINS)], {}
        if self._suite.takes_settings:
            # Sessions take a release, for which the SDK would look in the repository around the tests, if there is one.
            settings = {"SENTRY_RELEASE": "conformance"}
            path += [str(_package())] if here else []
        elif here:
            settings = {"SENTRY_DSN": project.dsn, "SENTRY_TRACES_SAMPLE_RATE": "1.0"}
            path.insert(0, str(_package() / "sentry_asgi_autoconf" / "bootstrap"))
        variables = {
            "PYTHONPATH": os.pathsep.join(path),
            "CONFORMANCE_OUTCOMES": str(file),
            # Nothing that another run has left there.
            "TMPDIR": str(file.parent),
        }
        return environment({**variables, **settings}, bootstrap=False)

    def _output(self, command: list[str], environ: dict[str, str]) -> str:
        with tempfile.TemporaryFile("w+", errors="replace") as output:
            process = subprocess.Popen(
                command,
                cwd=self._directory,
                env=environ,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            timer = threading.Timer(LONGEST, os.killpg, (process.pid, signal.SIGKILL))
            timer.start()
            try:
                # Its number stays its own until it is waited for below.
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            finally:
                timer.cancel()
                # With what the tests have started and left running.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
            output.seek(0)
            return output.read()


def _package() -> Path:
    """Return where the package is unpacked, for the suites alone and as it is now; without what it needs."""
    built = wheel()
    directory = CACHE / f"package-{built.parent.name}"
    if not directory.exists():
        # Another run may do the same at the same time.
        partial = directory.with_name(f"{directory.name}-{os.getpid()}")
        with zipfile.ZipFile(built) as archive:
            archive.extractall(partial)
        with contextlib.suppress(OSError):
            partial.rename(directory)
    return directory


def _read(file: Path) -> dict[str, Outcome]:
    if not file.exists():
        return {}
    lines = file.read_text().splitlines()
    return {test: Outcome(ended, text, tuple(uses)) for test, ended, text, uses in map(json.loads, lines)}
