"""Gather what the matrix of servers found, for the documentation's page of servers."""

from __future__ import annotations

import json
from typing import Any

from tests.harness.server import ROOT

RESULT = ROOT / ".cache" / "servers.json"


class Results:
    """A pytest plugin: the cells and releases whose tests passed, in the order of the tables."""

    def __init__(self) -> None:
        self._cells: dict[tuple[str, str], set[str]] = {}
        self._oldest: dict[str, dict[str, list[str]]] = {}

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Take what a passed test has recorded."""
        if report.when != "call" or not report.passed:
            return
        for name, value in report.user_properties:
            if name == "cell":
                server, mode, kind, has_websocket = value
                self._cells.setdefault((server, mode), set()).update({kind, *(["websocket"] * has_websocket)})
            elif name == "release":
                server, distribution, release = value
                found = self._oldest.setdefault(server, {}).setdefault(distribution, [])
                if release not in found:
                    found.append(release)

    def pytest_sessionfinish(self) -> None:
        """Write the result, unless this run had none."""
        if not self._cells:
            return
        from tests.servers.modes import MODES

        cells: dict[str, dict[str, list[str]]] = {}
        for mode in MODES:
            kinds = self._cells.get((mode.server, mode.name), set())
            cells.setdefault(mode.server, {})[mode.name] = sorted(kinds)
        RESULT.parent.mkdir(exist_ok=True)
        releases = {server: dict(sorted(found.items())) for server, found in sorted(self._oldest.items())}
        RESULT.write_text(json.dumps({"cells": cells, "releases": releases}, indent=1, ensure_ascii=False))
