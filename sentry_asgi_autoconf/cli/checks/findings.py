"""What `check` finds: how grave it is, the name under which the documentation explains it, a line that says it."""

from __future__ import annotations

import json
from typing import Any, Iterable, Iterator, NamedTuple, Sequence

from sentry_asgi_autoconf.exceptions import AutoconfError

OK, WARNING, ERROR = "ok", "warning", "error"


class Finding(NamedTuple):
    """An error keeps telemetry from flowing, a warning may do so for some of it."""

    level: str
    slug: str
    text: str


def ok(said: str) -> Finding:
    """Say that something is in order; the finding's name ends the text, in brackets as it is shown."""
    text, _, slug = " ".join(said.split()).rpartition(" [")
    return Finding(OK, slug[:-1], text)


def warning(said: str) -> Finding:
    """Say that something may be other than wanted."""
    return ok(said)._replace(level=WARNING)


def error(said: str) -> Finding:
    """Say that something keeps telemetry from flowing."""
    return ok(said)._replace(level=ERROR)


def from_problem(level: str, problem: AutoconfError) -> Finding:
    """Say what the processes that serve say of a problem."""
    return Finding(level, problem.slug, str(problem).rpartition(" [")[0])


def has_error(findings: Iterable[Finding]) -> bool:
    """Whether something keeps telemetry from flowing."""
    return any(finding.level == ERROR for finding in findings)


def as_json(findings: Sequence[Finding], reports: Sequence[dict[str, Any]]) -> str:
    """Return them for machines, with the reports of a command's processes."""
    told: dict[str, Any] = {"flows": not has_error(findings), "delivery_tried": _is_tried(findings)}
    told.update(findings=[finding._asdict() for finding in findings], processes=list(reports))
    return json.dumps(told, indent=1)


def as_text(findings: Sequence[Finding], output: Sequence[str]) -> Iterator[str]:
    """Yield the lines for a person, with what the command wrote if that may help."""
    if output:
        yield "The command's last lines:"
        yield from (f"  {line}" for line in output)
        yield ""
    for finding in findings:
        yield f"{finding.level:<8} {finding.text} [{finding.slug}]"
    errors, warnings = (sum(each.level == level for each in findings) for level in (ERROR, WARNING))
    yield ""
    if errors:
        yield f"Telemetry does not flow: {_count(errors, ERROR)}, {_count(warnings, WARNING)}."
    else:
        told = f", {_count(warnings, WARNING)}" if warnings else ""
        untried = "" if _is_tried(findings) else "; delivery was not tried, as --send does"
        yield f"Nothing keeps telemetry from flowing{told}{untried}."
    if errors or warnings:
        yield "The documentation, in docs/troubleshooting.md, explains each name in brackets."


def _is_tried(findings: Sequence[Finding]) -> bool:
    return any(finding.slug in ("delivered", "not-a-receiver") for finding in findings)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
