"""The generated part of the documentation's page: machine, tables and charts."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

from tests.benchmarks.drawing import draw
from tests.benchmarks.parts import PARTS
from tests.benchmarks.tables import as_markdown, of_bars

BEGIN = "<!-- What follows is written by: python -m tests.benchmarks --publish -->"
IMAGES = Path("images") / "benchmarks"


def publish(results: dict[str, Any], docs: Path) -> None:
    """Write what was measured below the mark in docs/benchmarks.md, and its charts."""
    page = docs / "benchmarks.md"
    written, mark, _ = page.read_text().partition(BEGIN)
    if not mark:
        raise SystemExit(f"{page} has no line {BEGIN}")
    (docs / IMAGES).mkdir(parents=True, exist_ok=True)
    page.write_text("\n".join([f"{written}{BEGIN}\n", *_sections(results, docs)]))


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
    releases = {name: release for part in results.values() for name, release in part["releases"].items()}
    machines = {
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, {machine['day']}"
        for machine in (part["machine"] for part in results.values())
    }
    rounds = ", ".join(f"{name} {part['times']}" for name, part in results.items())
    yield f"{'; '.join(sorted(machines))}. Rounds: {rounds}.\n"
    yield ", ".join(f"{name} {release}" for name, release in sorted(releases.items())) + ".\n"
