"""Find out which files of tests run which lines of the package, in whatever process they start; a plugin of pytest."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import re
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any, Iterable

import pytest
from coverage import Coverage, CoverageData

from tests.mutation.mutants import PACKAGE

# In the environment of what a file of tests starts: its name, by which coverage keeps what is measured there.
_FILE = "ASGI_AUTOCONF_TESTS"
_SECONDS = "ASGI_AUTOCONF_SECONDS"
_SETTINGS = """\
[run]
source = sentry_asgi_autoconf
context = ${ASGI_AUTOCONF_TESTS-}
data_file = %s
parallel = true
sigterm = true
patch = _exit, execv, fork
disable_warnings = no-data-collected, module-not-imported
"""


class Reach:
    """The files of tests by the lines that they run, and what each takes, in seconds."""

    def __init__(self, lines: dict[str, dict[str, list[str]]], seconds: dict[str, float]) -> None:
        self._lines, self._seconds = lines, seconds

    def files(self, path: str, rows: Iterable[int]) -> list[str]:
        """Return those that run one of these lines: named like the module first, then near it, then the quickest."""
        lines = self._lines.get(path, {})
        found = {file for row in rows for file in lines.get(str(row), ())}
        module = Path(path)
        words = set(module.stem.split("_"))

        def distance(file: str) -> tuple[bool, bool, float]:
            is_named = not words.isdisjoint(re.split(r"[_/.]", file))
            is_near = file.startswith(f"tests/{module.parts[0]}/")
            return not is_named, not is_near, self._seconds.get(file, 0.0)

        return sorted(found, key=distance)


def measure(tree: Path, python: Path, directory: Path) -> Reach:
    """Run the default tests of a tree, and keep what they reach until one of its lines changes; some may fail."""
    kept = directory / f"reach-{_digest(tree)}.json"
    if not kept.exists():
        data, seconds, settings = (directory / name for name in ("data", "seconds.json", "coverage.ini"))
        settings.write_text(_SETTINGS % data)
        environ = {**os.environ, "COVERAGE_PROCESS_START": str(settings), _SECONDS: str(seconds)}
        pytest_ = [str(python), "-m", "pytest", "-q", "-p", __name__]
        subprocess.run(pytest_, cwd=tree, env=environ, check=False)
        combine = [str(python), "-m", "coverage", "combine", "--quiet", f"--rcfile={settings}"]
        subprocess.run(combine, cwd=tree, check=True)
        kept.write_text(json.dumps([_by_line(data, tree / PACKAGE), json.loads(seconds.read_text())]))
    return Reach(*json.loads(kept.read_text()))


def _digest(tree: Path) -> str:
    sources = sorted(path for folder in (PACKAGE, "tests") for path in (tree / folder).rglob("*.py"))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def _by_line(data: Path, package: Path) -> dict[str, dict[int, list[str]]]:
    measured = CoverageData(str(data))
    measured.read()
    return {
        Path(path).relative_to(package).as_posix(): {
            line: sorted({context.rpartition("|")[2] for context in contexts} - {""})
            for line, contexts in measured.contexts_by_lineno(path).items()
        }
        for path in measured.measured_files()
        if Path(path).is_relative_to(package)
    }


@functools.lru_cache(maxsize=1)
def _begin(file: str) -> None:
    """Have all that is measured from now on kept by this name, here and in what is started."""
    os.environ[_FILE] = file
    measuring = Coverage.current()
    if measuring is not None:
        measuring.switch_context(file)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Name the file whose tests are run."""
    _begin(item.nodeid.partition("::")[0])


_seconds: dict[str, float] = defaultdict(float)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Add up what the tests of a file take."""
    _seconds[report.nodeid.partition("::")[0]] += report.duration


def pytest_sessionfinish(session: Any) -> None:
    """Write it down, where all tests are reported."""
    if not hasattr(session.config, "workerinput"):
        Path(os.environ[_SECONDS]).write_text(json.dumps(_seconds))
