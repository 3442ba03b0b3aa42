"""One table, for the terminal and for the documentation."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, NamedTuple, Sequence

import rich.table

from tests.benchmarks.bars import Bar


class Table(NamedTuple):
    """A title, the names of the columns, and rows of text."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]


def of_bars(bars: Sequence[Bar]) -> Table:
    """Return the table of promises."""
    rows = [(bar.promise, bar.asked, bar.measured, "met" if bar.met else "not met") for bar in bars]
    return Table("What is promised", ["", "promised", "measured", ""], rows)


def for_terminal(table: Table) -> rich.table.Table:
    """Return the table as rich prints it."""
    drawn = rich.table.Table(title=table.title, title_justify="left")
    for number, column in enumerate(table.columns):
        drawn.add_column(column, justify="right" if number else "left")
    for row in table.rows:
        drawn.add_row(*row)
    return drawn


def as_markdown(table: Table) -> str:
    """Return the table under its title."""
    lines = [table.columns, ["---", *["--:" for _ in table.columns[1:]]], *table.rows]
    return "\n".join([f"### {table.title}", "", *(f"| {' | '.join(line)} |" for line in lines), ""])


def write_below(mark: str, page: Path, sections: Iterable[str]) -> None:
    """Replace what stands below a mark in a page of the documentation."""
    written, found, _ = page.read_text().partition(mark)
    if not found:
        raise SystemExit(f"{page} has no line {mark}")
    page.write_text("\n".join([f"{written}{mark}\n", *sections]))
