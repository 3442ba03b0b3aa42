"""The command runs parts, keeps and shows what they find, and writes the page."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

from tests.harness.server import ROOT
from tests.reliability import overview
from tests.reliability.page import BEGIN
from tests.reliability.parts import PARTS, load, transport
from tests.reliability.rows import TINY, Row, faults

RESULTS = {
    "load": {
        "rows": [
            {"case": "first", "figures": {"requests": 1000, "lost": 0, "ratio": 1.234}, "faults": []},
            {"case": "second", "figures": {"requests": 2000, "lost": 2}, "faults": ["lost: 2"]},
        ]
    }
}


def test_what_should_be_0_and_what_should_not_be_so_is_a_fault() -> None:
    assert faults({"lost": 0, "twice": 3}, "lost", "twice", ends_late=True, grows=False) == (
        "twice: 3",
        "ends late",
    )


def test_a_table_has_the_figures_of_all_rows() -> None:
    table = overview.of_part("load", RESULTS["load"]["rows"])
    assert table.columns == ["", "requests", "lost", "ratio"]
    assert table.rows == [["first", "1,000", "0", "1.23"], ["second", "2,000", "2", "–"]]


def test_figures_are_summed_over_all_parts() -> None:
    table = overview.of_all(RESULTS)
    sums = dict(zip(table.columns, table.rows[-1]))
    assert (sums["cases"], sums["requests"], sums["lost"], sums["faults"]) == ("2", "3,000", "2", "1")
    assert overview.faults(RESULTS) == ["second: lost: 2"]


def test_the_page_names_each_part() -> None:
    page = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
    assert BEGIN in page
    assert [name for name in PARTS if f"| `{name}` |" not in page] == []


def test_load_is_held() -> None:
    found: list[Row] = list(load.rows(TINY))
    assert [row.faults for row in found] == [(), ()]
    assert [row.figures["requests"] for row in found] == [264, 264]


def test_a_receiver_that_comes_back_is_found() -> None:
    found: list[Row] = list(transport.rows(TINY))
    assert [row.faults for row in found] == [(), ()]
    assert [row.case for row in found] == ["uvicorn: none", "granian: down at boot, then up"]


def test_one_command_runs_prints_and_publishes(tmp_path: Path) -> None:
    shutil.copy(ROOT / "docs" / "reliability.md", tmp_path)
    results = tmp_path / "results.json"
    results.write_text(json.dumps({"load": {**_KEPT, **RESULTS["load"]}}))
    command = [sys.executable, "-m", "tests.reliability", "load", "--last", "--publish"]
    options = ["--results", str(results), "--docs", str(tmp_path)]
    printed = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)
    assert printed.returncode == 1, printed.stderr
    assert "not as it should be: second: lost: 2" in printed.stdout
    page = (tmp_path / "reliability.md").read_text()
    assert "| second | 2,000 | 2 | – |" in page
    assert "a machine, 2 cores" in page


_KEPT = {
    "machine": {"processor": "a machine", "cores": 2, "python": "3.11", "day": "2026-11-26"},
    "releases": {"uvicorn": "1.0"},
    "share": 1.0,
    "seconds": 60,
}
