"""Tell a person what the examinations found."""

from __future__ import annotations

from collections import Counter
from typing import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tests.conformance.examination import Examination

_MOST_LINES = 12


def show(console: Console, found: list[Examination]) -> None:
    """Print the table, the reasons, what is unexpected, and a closing line."""
    console.print(_table(found))
    for examination in found:
        for line in (*_reasons(examination), *_faults(examination)):
            console.print(line, soft_wrap=True, highlight=False)
    bad = [examination.suite.name for examination in found if not examination]
    closing = f"not as listed: {', '.join(bad)}" if bad else "as bare, but for the listed differences"
    console.print(f"conformance: {closing}", soft_wrap=True, highlight=False)


def _table(found: list[Examination]) -> Table:
    table = Table("suite", "release")
    for heading in ("tests", "pass bare", "pass here", "in the path", "differ", "unexpected"):
        table.add_column(heading, justify="right")
    for each in found:
        numbers = (
            *(len(each.bare.tests), each.bare.count("passed"), each.here.count("passed"), _use(each)),
            *(len(each.verdict.known), len(each.verdict.unexpected) + len(each.verdict.gone)),
        )
        table.add_row(each.suite.name, each.suite.release, *map(str, numbers))
    return table


def _use(examination: Examination) -> str:
    if not examination.suite.takes_settings:
        return f"{examination.here.arrived} events"
    return f"{examination.here.used('initialised')} inits, {examination.here.used('wrapped')} apps"


def _reasons(examination: Examination) -> Iterable[str]:
    reasons = Counter(known.reason for known in examination.verdict.known.values())
    for reason, count in reasons.items():
        tests = "1 test" if count == 1 else f"{count} tests"
        yield f"[bold]{examination.suite.name}[/bold]: {tests}: {escape(reason)}"


def _faults(examination: Examination) -> Iterable[str]:
    name = f"[bold red]{examination.suite.name}[/bold red]"
    if not examination.bare.tests:
        yield f"{name}: no test was run\n{escape(_end(examination.bare.output))}"
    elif not examination.was_in_the_path:
        yield f"{name}: no test met this package\n{escape(_end(examination.here.output))}"
    for test, difference in examination.verdict.unexpected.items():
        text = difference.here.text or difference.bare.text
        yield f"{name}: {escape(test)}: {difference.bare.ended} bare, {difference.here.ended} here"
        yield escape(_end(text))
    for test in examination.verdict.gone:
        yield f"{name}: {escape(test)} is listed in differences.toml, and does not differ"


def _end(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.rstrip().splitlines()[-_MOST_LINES:])
