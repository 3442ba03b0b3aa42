"""An explanation as a table, for people."""

from __future__ import annotations

import json
import os
from typing import Any, Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sentry_asgi_autoconf.cli.config.as_json import masked
from sentry_asgi_autoconf.cli.config.explanation import Explanation, Row
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.policy.limits import Limit
from sentry_asgi_autoconf.provenance import ENFORCED, LIMITS, Candidate, Origin

_HEADINGS = ("Setting", "Value", "Source", "Overrides and policies")
# Below it, what would stand side by side stands one below the other.
_COLUMNS_SIDE_BY_SIDE = 130
_UNLIMITED_COLUMNS = 10_000
_LONGEST = 300


def as_table(explanation: Explanation) -> str:
    """Return table, problems and warnings, in colours if standard output is a terminal that shows them."""
    console = Console(markup=False, emoji=False, highlight=False)
    if not console.is_terminal and "COLUMNS" not in os.environ:
        console.width = _UNLIMITED_COLUMNS  # a file, or a program that looks for lines
    with console.capture() as capture:
        if explanation.rows:
            console.print(_table(explanation.rows, is_narrow=console.width < _COLUMNS_SIDE_BY_SIDE))
        for line in _lines(explanation):
            console.print(line, soft_wrap=True)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def _table(rows: Sequence[Row], *, is_narrow: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("Setting", "Value, source, overrides and policies") if is_narrow else _HEADINGS:
        table.add_column(heading, overflow="fold")
    for row in rows:
        origin = row.setting.origin
        assert origin  # the rows have a default one too
        value = Text(_shown(row, row.setting.value), "bold")
        source = Text(_source(origin), "magenta" if origin.layer in (ENFORCED, LIMITS) else "cyan")
        cells = [value, source, Text("\n").join(_notes(row))]
        if is_narrow:
            cells = [Text("\n").join([value, Text("from ").append(source), *_notes(row)])]
        table.add_row(Text(_place(row.name)), *cells)
    return table


def _notes(row: Row) -> Iterator[Text]:
    setting = row.setting
    for candidate in setting.left_out:
        yield Text(f"left out, see below: {_candidate(row, candidate)}", "red")
    for candidate in setting.forbidden:
        yield Text(f"forbidden: {_candidate(row, candidate)}, by {_place(setting.ruled_by)}", "yellow")
    if row.limit is not None:
        wanted = "" if setting.wanted is None else f", wanted {_shown(row, setting.wanted)}"
        places = ", ".join(origin.place for origin in row.limit.origins)
        yield Text(f"limited to {_bounds(row.limit)}{wanted} (limits: {_place(places)})", "yellow")
    elif setting.wanted is not None:
        yield Text(f"wanted {_shown(row, setting.wanted)}, ruled by {_place(setting.ruled_by)}", "yellow")
    if row.follower is not None:
        yield Text(f"followed by {_candidate(row, row.follower)}", "yellow")
    for candidate in setting.overrode:
        yield Text(f"overrides {_candidate(row, candidate)}", "dim")


def _candidate(row: Row, candidate: Candidate) -> str:
    return f"{_shown(row, candidate.value)} ({_source(candidate.origin)})"


def _source(origin: Origin) -> str:
    """Return layer and place, the variable too if it is another than the setting's own."""
    where = [] if origin.place == origin.layer else [origin.place]
    holder = [origin.name] if origin.key else []
    return _place(": ".join([origin.layer, *holder, *where]))


def _bounds(limit: Limit) -> str:
    if limit.allowed:
        return " and ".join(" or ".join(map(printable, globs)) for globs in limit.allowed)
    floor = "" if limit.minimum is None else f"{limit.minimum} or more"
    ceiling = "" if limit.maximum is None else f"{limit.maximum} or less"
    return " and ".join(filter(None, (floor, ceiling)))


def _lines(explanation: Explanation) -> Iterator[Text]:
    if not explanation.rows:
        yield Text("Every setting is at its default.")
    for policy in explanation.policies:
        yield Text(f"Policy: {_place(policy)}")
    for configurator in explanation.configurators:
        yield Text(f"Changed further by the configurator {_place(configurator)}")
    if not explanation.followed_imports:
        yield Text("Import strings were not followed; --imports follows them.")
    for problem in explanation.problems:
        yield Text("Problem: ", "red").append(str(problem), "default")
    for warning in explanation.warnings:
        yield Text("Warning: ", "yellow").append(str(warning), "default")


def _shown(row: Row, value: Any) -> str:
    shown = masked(row.declared, value)
    if shown is None or shown == "":
        return "not set" if shown is None else '""'
    return printable(shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False))


def _place(text: str) -> str:
    return printable(text, _LONGEST)
