"""The benchmark works from end to end; what it measures is not tested."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

from tests.benchmarks import bars, ratios
from tests.harness.server import ROOT

ROUNDS = [
    {"case": {"raw": {"s": 1.0}, "stock": {"s": 5.0}, "ours": {"s": 2.0}}},
    # A round that something disturbed moves neither median.
    {"case": {"raw": {"s": 50.0}, "stock": {"s": 60.0}, "ours": {"s": 90.0}}},
    {"case": {"raw": {"s": 2.0}, "stock": {"s": 10.0}, "ours": {"s": 4.0}}},
    {"other case": {"raw": {"s": 7.0}}},
]


def test_ratios_are_medians_of_those_within_a_round() -> None:
    assert ratios.median(ROUNDS, "case", "ours", "s") == 4.0
    assert ratios.ratio(ROUNDS, "case", "ours", "stock", "s") == 0.4
    assert ratios.difference(ROUNDS, "case", "ours", "raw", "s") == 2.0
    assert ratios.ratio_over_raw(ROUNDS, "case", "ours", "stock", "s") == 0.25


def test_a_promise_is_met_at_its_limit_and_a_ratio_above_it() -> None:
    assert bars.at_most("boot", 0.4, 0.4).met
    assert not bars.at_most("boot", 0.4, 0.41).met
    assert bars.above("requests", 1.0, 1.01).met
    assert not bars.above("requests", 1.0, 1.0).met


def test_one_command_measures_prints_and_publishes(tmp_path: Path) -> None:
    results, docs = tmp_path / "results.json", tmp_path / "docs"
    docs.mkdir()
    shutil.copy(ROOT / "docs" / "benchmarks.md", docs)
    command = [sys.executable, "-m", "tests.benchmarks", "idle", "boot", "cpu", "--here", "--quick"]
    options = ["--rounds", "1", "--publish", "--results", str(results), "--docs", str(docs)]
    printed = subprocess.run([*command, *options], cwd=ROOT, capture_output=True, text=True, check=False)
    assert printed.returncode == 0, printed.stderr

    measured = json.loads(results.read_text())
    assert list(measured) == ["idle", "boot", "cpu"]
    assert list(measured["boot"]["rounds"][0]["minimal"]) == ["raw", "stock", "ours"]
    assert "What is promised" in printed.stdout
    page = (docs / "benchmarks.md").read_text()
    assert "| FastAPI, errors only |" in page
    charts = sorted(docs.rglob("*.svg"))
    assert [chart.stem for chart in charts] == ["boot", "cpu", "idle", "memory"]
    for chart in charts:
        assert f"({chart.relative_to(docs).as_posix()})" in page
        ElementTree.parse(chart)
