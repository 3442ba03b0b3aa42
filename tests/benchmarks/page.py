"""The generated part of the documentation's page: machine, tables and charts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

from tests.benchmarks.drawing import draw
from tests.benchmarks.parts import PARTS
from tests.benchmarks.results import circumstances, releases
from tests.benchmarks.tables import as_markdown, of_bars, write_below

BEGIN = "<!-- What follows is written by: python -m tests.benchmarks --publish -->"
IMAGES = Path("images") / "benchmarks"


def publish(results: dict[str, Any], docs: Path) -> None:
    """Write what was measured below the mark in docs/benchmarks.md, and its charts."""
    (docs / IMAGES).mkdir(parents=True, exist_ok=True)
    write_below(BEGIN, docs / "benchmarks.md", _sections(results, docs))


def _sections(results: dict[str, Any], docs: Path) -> Iterator[str]:
    measured = {name: part for name, part in PARTS.items() if name in results}
    bars = [bar for name, part in measured.items() for bar in part.promises(results[name]["rounds"])]
    yield "## Results\n"
    yield from _circumstances(results)
    if bars:
        yield as_markdown(of_bars(bars))
    for name, part in measured.items():
        rounds = results[name]["rounds"]
        for chart in part.charts(rounds):
            drawn = draw(chart, docs / IMAGES)
            yield f"![{chart.title}]({drawn.relative_to(docs).as_posix()})\n"
        for table in part.tables(rounds):
            yield as_markdown(table)


def _circumstances(results: dict[str, Any]) -> Iterator[str]:
    rounds = ", ".join(f"{name} {part['times']}" for name, part in results.items())
    yield f"{circumstances(results)}. Rounds: {rounds}.\n"
    yield f"{releases(results)}.\n"
