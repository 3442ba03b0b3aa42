"""What `check` finds: how grave it is, the name under which the documentation explains it, a line that says it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Iterable, Iterator, NamedTuple, Sequence

from sentry_asgi_autoconf.cli.output import DOCUMENTATION, console, has_rich
from sentry_asgi_autoconf.exceptions import AutoconfError

if TYPE_CHECKING:
    from rich.console import Console

OK, WARNING, ERROR = "ok", "warning", "error"
# On a terminal, on one that shows no more than ASCII, and in which colour.
_SYMBOLS = {OK: ("✓", "+", "green"), WARNING: ("!", "!", "yellow"), ERROR: ("✗", "x", "bold red")}


class Finding(NamedTuple):
    """An error keeps telemetry from flowing, a warning may do so for some of it."""

    level: str
    slug: str
    text: str


def ok(slug: str, text: str) -> Finding:
    """Say that something is in order."""
    return Finding(OK, slug, " ".join(text.split()))


def warning(slug: str, text: str) -> Finding:
    """Say that something may be other than wanted."""
    return ok(slug, text)._replace(level=WARNING)


def error(slug: str, text: str) -> Finding:
    """Say that something keeps telemetry from flowing."""
    return ok(slug, text)._replace(level=ERROR)


def from_problem(level: str, problem: AutoconfError) -> Finding:
    """Say what the processes that serve say of a problem."""
    return Finding(level, problem.slug, str(problem).rpartition(" [")[0])


def has_error(findings: Iterable[Finding]) -> bool:
    """Whether something keeps telemetry from flowing."""
    return any(finding.level == ERROR for finding in findings)


def as_json(findings: Sequence[Finding], reports: Sequence[dict[str, Any]]) -> str:
    """Return them for machines, with the reports of a command's processes."""
    told = {"flows": not has_error(findings), "delivery_tried": _is_tried(findings)}
    listed = {"findings": [finding._asdict() for finding in findings], "processes": list(reports)}
    return json.dumps({**told, **listed}, indent=1)


def as_text(findings: Sequence[Finding], output: Sequence[str]) -> str:
    """Return the lines for a person, with what the command wrote if that may help; on a terminal in colours."""
    last = ["The command's last lines:", *(f"  {line}" for line in output), ""] if output else []
    return "\n".join([*last, _listed(findings), "", *_verdict(findings)])


def _listed(findings: Sequence[Finding]) -> str:
    if has_rich():
        result = console()
        if result.is_terminal:
            return _drawn(findings, result)
    return "\n".join(f"{finding.level:<8} {finding.text} [{finding.slug}]" for finding in findings)


def _drawn(findings: Sequence[Finding], result: Console) -> str:
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 1))
    for finding in findings:
        symbol, plain, colour = _SYMBOLS[finding.level]
        text = Text(finding.text).append(f" [{finding.slug}]", "dim")
        table.add_row(Text(plain if result.options.ascii_only else symbol, colour), text)
    with result.capture() as capture:
        result.print(table)
    return "\n".join(line.rstrip() for line in capture.get().splitlines())


def _verdict(findings: Sequence[Finding]) -> Iterator[str]:
    errors, warnings = (sum(each.level == level for each in findings) for level in (ERROR, WARNING))
    if errors:
        yield f"Telemetry does not flow: {_count(errors, ERROR)}, {_count(warnings, WARNING)}."
    else:
        told = f", {_count(warnings, WARNING)}" if warnings else ""
        untried = "" if _is_tried(findings) else "; delivery was not tried: --send does so"
        yield f"Nothing keeps telemetry from flowing{told}{untried}."
    if errors or warnings:
        yield f"Each name in brackets is explained at {DOCUMENTATION}/troubleshooting.html"


def _is_tried(findings: Sequence[Finding]) -> bool:
    """Whether a receiver was asked, and has answered."""
    return any(finding.slug in ("delivered", "not-a-receiver") for finding in findings)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
