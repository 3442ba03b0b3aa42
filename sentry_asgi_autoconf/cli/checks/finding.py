"""One finding: how grave it is, the name under which the documentation explains it, and a line that says it."""

from __future__ import annotations

from typing import NamedTuple

from sentry_asgi_autoconf.exceptions import AutoconfError

OK, WARNING, ERROR = "ok", "warning", "error"


class Finding(NamedTuple):
    """An error keeps telemetry from flowing, a warning may do so for some of it."""

    level: str
    slug: str
    text: str


def ok(slug: str, text: str) -> Finding:
    """Say that something is in order."""
    return Finding(OK, slug, _one_line(text))


def warning(slug: str, text: str) -> Finding:
    """Say that something may be other than wanted."""
    return Finding(WARNING, slug, _one_line(text))


def error(slug: str, text: str) -> Finding:
    """Say that something keeps telemetry from flowing."""
    return Finding(ERROR, slug, _one_line(text))


def of_problem(level: str, problem: AutoconfError) -> Finding:
    """Say what the processes that serve say of a problem."""
    return Finding(level, problem.slug, str(problem).rpartition(" [")[0])


def _one_line(text: str) -> str:
    return " ".join(text.split())
