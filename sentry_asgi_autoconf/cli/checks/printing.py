"""Print findings: a line each, or all as JSON."""

from __future__ import annotations

import json
from typing import Any, Iterator, Sequence

from sentry_asgi_autoconf.cli.checks.finding import ERROR, WARNING, Finding


def as_text(findings: Sequence[Finding], output: Sequence[str]) -> str:
    """Give the lines for a person, with what the command wrote if that may help."""
    return "\n".join(_lines(findings, output))


def as_json(findings: Sequence[Finding], reports: Sequence[dict[str, Any]]) -> str:
    """Give the same for machines, with the reports of a command's processes."""
    told = {
        "flows": flows(findings),
        "delivery_tried": is_tried(findings),
        "findings": [finding._asdict() for finding in findings],
        "processes": list(reports),
    }
    return json.dumps(told, indent=1)


def flows(findings: Sequence[Finding]) -> bool:
    """Whether nothing keeps telemetry from flowing."""
    return not any(finding.level == ERROR for finding in findings)


def is_tried(findings: Sequence[Finding]) -> bool:
    """Whether a receiver was asked, and has answered."""
    return any(finding.slug in ("delivered", "not-a-receiver") for finding in findings)


def _lines(findings: Sequence[Finding], output: Sequence[str]) -> Iterator[str]:
    if output:
        yield "The command's last lines:"
        yield from (f"  {line}" for line in output)
        yield ""
    for finding in findings:
        yield f"{finding.level:<8} {finding.text} [{finding.slug}]"
    errors, warnings = (sum(each.level == level for each in findings) for level in (ERROR, WARNING))
    yield ""
    if flows(findings):
        told = f", {_count(warnings, WARNING)}" if warnings else ""
        untried = "" if is_tried(findings) else "; delivery was not tried, as --send does"
        yield f"Nothing keeps telemetry from flowing{told}{untried}."
    else:
        yield f"Telemetry does not flow: {_count(errors, ERROR)}, {_count(warnings, WARNING)}."
    if errors or warnings:
        yield "The documentation, in docs/troubleshooting.md, explains each name in brackets."


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
