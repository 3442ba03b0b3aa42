"""pytest plugin: write how each test ended, as JSON, to the file that CONFORMANCE_OUTCOMES names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

# The worse counts: a test that passes and whose teardown fails has failed.
_ORDER = ("passed", "skipped", "failed")


def pytest_configure(config: pytest.Config) -> None:
    """Gather where all tests are reported: not in the processes that run them side by side."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(_Outcomes(Path(os.environ["CONFORMANCE_OUTCOMES"])))


class _Outcomes:
    def __init__(self, file: Path) -> None:
        self._file = file
        self._tests: dict[str, dict[str, Any]] = {}

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self._note(report.nodeid, "failed", str(report.longrepr), ())

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        text = "" if report.passed else report.longreprtext
        self._note(report.nodeid, report.outcome, text, [name for name, _ in report.user_properties])

    def _note(self, test: str, outcome: str, text: str, properties: Any) -> None:
        known = self._tests.setdefault(test, {"outcome": "passed", "text": "", "properties": []})
        known["properties"] = sorted({*known["properties"], *properties})
        if _ORDER.index(outcome) > _ORDER.index(known["outcome"]):
            known["outcome"], known["text"] = outcome, text

    def pytest_sessionfinish(self) -> None:
        self._file.write_text(json.dumps(self._tests, indent=1))
