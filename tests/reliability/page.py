"""The generated part of the documentation's page: machine, releases, sums and tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

from tests.benchmarks.results import circumstances, releases
from tests.benchmarks.tables import as_markdown, write_below
from tests.reliability import overview

BEGIN = "<!-- What follows is written by: python -m tests.reliability --publish -->"


def publish(found: dict[str, Any], docs: Path) -> None:
    """Write what was found below the mark in docs/reliability.md."""
    write_below(BEGIN, docs / "reliability.md", _sections(found))


def _sections(found: dict[str, Any]) -> Iterator[str]:
    yield "## Results\n"
    yield f"{circumstances(found)}. {_extent(found)}\n"
    yield f"{releases(found)}.\n"
    yield as_markdown(overview.of_all(found))
    for line in overview.faults(found):
        yield f"- not as it should be: {line}\n"
    for part, kept in found.items():
        yield as_markdown(overview.of_part(part, kept["rows"]))


def _extent(found: dict[str, Any]) -> str:
    minutes = sum(kept["seconds"] for kept in found.values()) / 60
    shares = {kept["share"] for kept in found.values()}
    extent = (
        "A full run" if shares == {1.0} else f"Shares of a full run: {', '.join(map(str, sorted(shares)))}"
    )
    return f"{extent}, in {minutes:.0f} minutes: `python -m tests.reliability --publish`."
