"""An explanation as a table, for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple, Sequence

from sentry_asgi_autoconf.cli.config.as_json import masked
from sentry_asgi_autoconf.cli.config.explanation import Difference, Explanation, Row, is_live
from sentry_asgi_autoconf.cli.output import console, has_rich, plain_table
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.policy.limits import Limit
from sentry_asgi_autoconf.provenance import ENFORCED, LAYERS, LIMITS, Candidate, Origin

if TYPE_CHECKING:
    from rich.table import Table

_HEADINGS = ("Setting", "Value", "Source", "Overrides and policies")
# Below it, what would stand side by side stands one below the other.
_COLUMNS_SIDE_BY_SIDE = 130
_LONGEST = 300


class Styled(NamedTuple):
    """A text, and how a terminal shows it."""

    text: str
    style: str = ""


class Told(NamedTuple):
    """What is told of a setting."""

    name: str
    value: Styled
    source: Styled
    notes: list[Styled]


def as_table(explanation: Explanation) -> str:
    """Return table, problems and warnings: drawn by rich where it is installed, in colours on a terminal."""
    told = [_told(row) for row in explanation.rows]
    further = list(_further(explanation))
    if has_rich():
        return _drawn(told, further)
    cells = ([each.name, each.value.text, each.source.text, _joined(each.notes)] for each in told)
    table = [plain_table(_HEADINGS, cells)] if told else []
    return "\n".join([*table, *(f"{kind.text}{text}" for kind, text in further)])


def _joined(notes: list[Styled]) -> str:
    return "\n".join(note.text for note in notes)


def _drawn(told: list[Told], further: list[tuple[Styled, str]]) -> str:
    from rich.text import Text

    result = console()
    with result.capture() as capture:
        if told:
            result.print(_drawn_table(told, is_narrow=result.width < _COLUMNS_SIDE_BY_SIDE))
        for kind, text in further:
            result.print(Text(*kind).append(text, "default"), soft_wrap=True)
    return "\n".join(line.rstrip() for line in capture.get().splitlines()) + "\n"


def _drawn_table(told: list[Told], *, is_narrow: bool) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("Setting", "Value, source, overrides and policies") if is_narrow else _HEADINGS:
        table.add_column(heading, overflow="fold")
    for each in told:
        notes = [Text(*note) for note in each.notes]
        cells = [Text(*each.value), Text(*each.source), Text("\n").join(notes)]
        if is_narrow:
            cells = [Text("\n").join([Text(*each.value), Text("from ").append(Text(*each.source)), *notes])]
        table.add_row(Text(each.name), *cells)
    return table


def _told(row: Row) -> Told:
    origin = row.setting.origin
    assert origin  # the rows have a default one too
    colour = "magenta" if origin.layer in (ENFORCED, LIMITS) else "cyan"
    value = Styled(_shown(row, row.setting.value), "bold")
    return Told(_place(row.name), value, Styled(_source(origin), colour), list(_notes(row)))


def _notes(row: Row) -> Iterator[Styled]:
    setting = row.setting
    for candidate in setting.left_out:
        yield Styled(f"left out, see below: {_candidate(row, candidate)}", "red")
    for candidate in setting.forbidden:
        yield Styled(f"forbidden: {_candidate(row, candidate)}, by {_place(setting.ruled_by)}", "yellow")
    if row.limit is not None:
        wanted = "" if setting.wanted is None else f", wanted {_shown(row, setting.wanted)}"
        places = ", ".join(origin.place for origin in row.limit.origins)
        yield Styled(f"limited to {_bounds(row.limit)}{wanted} (limits: {_place(places)})", "yellow")
    elif setting.wanted is not None:
        yield Styled(f"wanted {_shown(row, setting.wanted)}, ruled by {_place(setting.ruled_by)}", "yellow")
    if row.follower is not None:
        yield Styled(f"followed by {_candidate(row, row.follower)}", "yellow")
    for candidate in setting.overrode:
        yield Styled(f"overrides {_candidate(row, candidate)}", "dim")


def _candidate(row: Row, candidate: Candidate) -> str:
    return f"{_shown(row, candidate.value)} ({_source(candidate.origin)})"


def _source(origin: Origin) -> str:
    """Return layer and place, the variable too if it is another than the setting's own."""
    where = [] if origin.place == origin.layer else [origin.place]
    holder = [origin.name] if origin.key else []
    whom = f", for {origin.whom}" if origin.whom else ""
    return _place(": ".join([origin.layer, *holder, *where]) + whom)


def _bounds(limit: Limit) -> str:
    if limit.allowed:
        return " and ".join(" or ".join(map(printable, globs)) for globs in limit.allowed)
    floor = "" if limit.minimum is None else f"{limit.minimum} or more"
    ceiling = "" if limit.maximum is None else f"{limit.maximum} or less"
    return " and ".join(filter(None, (floor, ceiling)))


def _further(explanation: Explanation) -> Iterator[tuple[Styled, str]]:
    """Yield the lines below the table: what kind of thing each tells, and the text."""
    nothing = Styled("")
    if not explanation.rows:
        yield nothing, "Every setting is at its default."
    for policy in explanation.policies:
        yield nothing, f"Policy: {_place(policy)}"
    for note in explanation.notes:
        yield nothing, f"Note: {_place(note)}"
    for configurator in explanation.configurators:
        yield nothing, f"Changed further by the configurator {_place(configurator)}"
    if not explanation.followed_imports:
        yield nothing, "Import strings were not followed; --imports follows them."
    for problem in explanation.problems:
        yield Styled("Problem: ", "red"), str(problem)
    for warning in explanation.warnings:
        yield Styled("Warning: ", "yellow"), str(warning)


def as_story(row: Row) -> str:
    """Return all that there is to tell of one setting, layer by layer."""
    setting, declared = row.setting, row.declared
    assert setting.origin  # the rows have a default one too
    lines = [_place(row.name)]
    if declared:
        lines.append(f"  {declared.description}")
        lines.append(f"  It is {declared.kind.words}, such as {declared.example}; in files: {declared.key}.")
    if row.option:
        lines.append(f"  Of sentry_sdk.init: {row.option}; the arguments of the app's own call override it.")
    lines += [f"  In force: {_shown(row, setting.value)}", "", "  Layer by layer, the highest first:"]
    told = [(setting.origin.layer, f"{_shown(row, setting.value)} ({_source(setting.origin)}), in force")]
    told += [(each.origin.layer, _candidate(row, each)) for each in setting.overrode]
    for layer in LAYERS[::-1]:
        here = [text for given, text in told if given == layer]
        lines += [f"    {layer:<16}{text}" for text in here or ["–"]]
    notes = [note.text for note in _notes(row) if not note.text.startswith("overrides")]
    lines += ["", *(f"  {note[0].upper()}{note[1:]}." for note in notes)]
    lines.append(f"  A changed policy {_WHEN[is_live(row)]}.")
    return "\n".join(lines)


_WHEN = {True: "applies within seconds", False: "applies at the next start"}


def as_differences(found: Sequence[Difference], after: Explanation) -> str:
    """Return a table of what another policy would change, and what else is to be told of it."""
    cells = [
        (
            _place(each.after.name),
            _of_difference(each.before),
            _of_difference(each.after),
            _WHEN[each.is_live],
        )
        for each in found
    ]
    table = [plain_table(("Setting", "Now", "Then", "When"), cells)] if cells else ["Nothing would change."]
    notes = [f"Note: {_place(note)}" for note in after.notes]
    return "\n".join([*table, *notes, *(f"Problem: {problem}" for problem in after.problems)])


def _of_difference(row: Row) -> str:
    assert row.setting.origin  # the rows have a default one too
    limit = [] if row.limit is None else [f"limited to {_bounds(row.limit)}"]
    follower = [] if row.follower is None else [f"followed by {_candidate(row, row.follower)}"]
    return "\n".join([f"{_shown(row, row.setting.value)} ({_source(row.setting.origin)})", *limit, *follower])


def _shown(row: Row, value: Any) -> str:
    shown = masked(row.declared, value)
    if shown is None or shown == "":
        return "not set" if shown is None else '""'
    return printable(shown if isinstance(shown, str) else json.dumps(shown, ensure_ascii=False))


def _place(text: str) -> str:
    return printable(text, _LONGEST)
