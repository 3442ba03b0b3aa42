"""The benchmark works from end to end; what it measures is not tested."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.benchmarks import bars, client, open_loop, processes, ratios, regression
from tests.benchmarks.sink import Sink
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


def test_the_middle_half_of_the_ratios_is_their_spread() -> None:
    rounds = [{"case": {"before": {"s": 1.0}, "now": {"s": share}}} for share in (1.0, 1.1, 1.2, 1.3, 9.0)]
    assert ratios.spread(rounds, "case", "now", "before", "s") == (1.1, 1.3)


def test_ratios_are_marked_of_which_the_middle_half_lies_on_one_side_of_one() -> None:
    assert regression.mark(1.01, 1.2) == "**more**"
    assert regression.mark(0.8, 0.99) == "less"
    assert regression.mark(0.99, 1.2) == regression.mark(0.8, 1.01) == ""


@pytest.mark.parametrize(
    ("answer", "is_complete"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no", False),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n", False),
        (b"HTTP/1.1 200 OK\r\ncontent-le", False),
    ],
)
def test_the_client_knows_the_end_of_an_answer(answer: bytes, is_complete: bool) -> None:
    assert client.is_complete(answer) == is_complete


def test_the_cpu_time_of_a_process_is_that_of_its_own_clock_and_of_its_children() -> None:
    before = processes.cpu_seconds(os.getpid())
    start = time.process_time()
    subprocess.run([sys.executable, "-c", "sum(range(3_000_000))"], check=True)
    spent = processes.cpu_seconds(os.getpid()) - before
    assert time.process_time() - start < spent < 10


def test_a_request_that_finds_no_connection_free_is_timed_since_it_was_due() -> None:
    with Sink() as sink:
        # Each is due at once, and there are fewer connections than requests: the last one waited for the others.
        took = open_loop.run(sink.port, "/", rate=1e6, seconds=1e-4)
    assert len(took) == 100
    assert took[-1] > took[0]


@pytest.mark.slow
def test_one_command_measures_prints_and_publishes(tmp_path: Path) -> None:
    parts = ["idle", "boot", "firsts", "cpu", "settings", "requests", "latency"]
    results, docs = tmp_path / "results.json", _docs(tmp_path, "benchmarks.md")
    options = ["--rounds", "1", "--publish", "--results", str(results), "--docs", str(docs)]
    printed = _run("tests.benchmarks", *parts, "--here", "--quick", *options)

    measured = json.loads(results.read_text())
    assert list(measured) == parts
    assert list(measured["boot"]["rounds"][0]["minimal"]) == ["raw", "stock", "ours"]
    traced = measured["requests"]["rounds"][0]["gunicorn, FastAPI, traces 1.0"]
    assert [each["sent"] > 0 for each in traced.values()] == [False, True, True]
    assert "What is promised" in printed
    page = (docs / "benchmarks.md").read_text()
    assert "| FastAPI, errors only |" in page
    charts = sorted(docs.rglob("*.svg"))
    names = ["boot", "cpu", "idle", "latency", "memory-served", "memory", "requests"]
    assert [chart.stem for chart in charts] == names
    for chart in charts:
        assert f"({chart.relative_to(docs).as_posix()})" in page
        ElementTree.parse(chart)


@pytest.mark.slow
def test_the_profile_says_whose_the_time_is_and_publishes(tmp_path: Path) -> None:
    docs = _docs(tmp_path, "where-time-goes.md")
    _run("tests.benchmarks.profile", "--here", "--quick", "--publish", "--docs", str(docs))
    page = (docs / "where-time-goes.md").read_text()
    assert "| plain ASGI app, errors only: sentry-asgi-autoconf |" in page
    assert "`sentry_sdk." in page
    assert "| the SDK's serializer |" in page


@pytest.mark.slow  # fetches wrk, where it is not installed
def test_a_server_is_loaded_and_streams_its_spans(tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    options = ["--rounds", "1", "--results", str(results)]
    _run("tests.benchmarks", "throughput", "--here", "--quick", *options)
    (measured,) = json.loads(results.read_text())["throughput"]["rounds"]
    assert list(measured) == ["uvicorn, traces 1.0, streamed spans"]


@pytest.mark.slow  # builds the package twice
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="there is no other revision")
def test_a_revision_is_compared_with_itself(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    _run("tests.benchmarks.regression", "--against", "HEAD", "--quick", "--summary", str(summary))
    rows = [row for row in summary.read_text().splitlines() if row.startswith("| ")]
    assert [row.split(" | ")[0] for row in rows[2:]] == [
        "| plain ASGI app, errors only",
        "| boot, Starlette",
        "| idle interpreter",
    ]


def _docs(directory: Path, page: str) -> Path:
    docs = directory / "docs"
    docs.mkdir()
    shutil.copy(ROOT / "docs" / page, docs)
    return docs


def _run(*module_and_arguments: str) -> str:
    command = [sys.executable, "-m", *module_and_arguments]
    printed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert printed.returncode == 0, printed.stderr
    return printed.stdout
