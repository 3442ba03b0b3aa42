"""What was found, as tables: each part's rows, and their sums."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from tests.benchmarks.tables import Table
from tests.reliability.parts import PARTS

#: The figures that are summed up over all parts that have them.
SUMMED = ("requests", "inputs", "errors", "wrong answers", "hangs", "lost", "twice", "crossed")
_Rows = Sequence[Mapping[str, Any]]


def title(part: str) -> str:
    """Return a part's title."""
    return str(PARTS[part].__doc__).partition("\n")[0].rstrip(".")


def of_part(part: str, rows: _Rows) -> Table:
    """Return the table of a part's rows."""
    columns = list(dict.fromkeys(name for row in rows for name in row["figures"]))
    lines = [[row["case"], *(_shown(row["figures"].get(name)) for name in columns)] for row in rows]
    return Table(title(part), ["", *columns], lines)


def of_all(found: Mapping[str, Any]) -> Table:
    """Return the sums of all parts, and what is not as it should be."""
    everything = [row for kept in found.values() for row in kept["rows"]]
    figures = [name for name in SUMMED if any(name in row["figures"] for row in everything)]
    lines = [_line(title(part).partition(":")[0], kept["rows"], figures) for part, kept in found.items()]
    lines.append(_line("all", everything, figures))
    return Table("What was tried, and what came of it", ["", "cases", *figures, "faults"], lines)


def _line(name: str, rows: _Rows, figures: Sequence[str]) -> list[str]:
    sums = []
    for figure in figures:
        values = [row["figures"][figure] for row in rows if figure in row["figures"]]
        sums.append(_shown(sum(values) if values else None))
    return [name, _shown(len(rows)), *sums, _shown(sum(len(row["faults"]) for row in rows))]


def faults(found: Mapping[str, Any]) -> list[str]:
    """Return what is not as it should be, a line each."""
    return [
        f"{row['case']}: {each}" for kept in found.values() for row in kept["rows"] for each in row["faults"]
    ]


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:.2f}" if value < 10 else f"{value:.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
