"""pytest plugin: write how each test ended to the file that CONFORMANCE_OUTCOMES names, as lines of JSON.

The last line of a test counts. Written as tests end, so that a run which does not end tells which ones have.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Iterable

import pytest

# The worse counts: a test that passes and whose teardown fails has failed.
_ORDER = ("passed", "skipped", "failed")


def pytest_configure(config: pytest.Config) -> None:
    """Gather where all tests are reported: not in the processes that run them side by side."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Outcomes(Path(os.environ["CONFORMANCE_OUTCOMES"])))


class _Outcomes:
    def __init__(self, file: Path) -> None:
        self._file = file.open("w")
        self._known: dict[str, tuple[str, str, frozenset[str]]] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._note(report.nodeid, "failed", str(report.longrepr), ())

    def pytest_runtest_logreport(self, report: Any) -> None:
        text = "" if report.passed else report.longreprtext
        self._note(report.nodeid, report.outcome, text, (name for name, _ in report.user_properties))

    def _note(self, test: str, outcome: str, text: str, uses: Iterable[str]) -> None:
        known_outcome, known_text, known_uses = self._known.get(test, ("passed", "", frozenset()))
        if _ORDER.index(outcome) <= _ORDER.index(known_outcome):
            outcome, text = known_outcome, known_text
        self._known[test] = (outcome, text, known_uses.union(uses))
        print(json.dumps([test, outcome, text, sorted(self._known[test][2])]), file=self._file, flush=True)
