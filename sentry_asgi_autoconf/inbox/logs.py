"""Tell what log items say, for the pages and the terminal."""

from __future__ import annotations

from typing import Iterable, NamedTuple

from sentry_asgi_autoconf.inbox.errors import level
from sentry_asgi_autoconf.inbox.receiver import Item
from sentry_asgi_autoconf.inbox.spans import attributes
from sentry_asgi_autoconf.inbox.tolerant import clock, mapping, moment, text


class LogLine(NamedTuple):
    """One log record."""

    project: str
    time: str
    level: str
    body: str
    trace_id: str
    environment: str
    release: str
    attributes: dict[str, str]


def log_lines(items: Iterable[Item]) -> list[LogLine]:
    """Return the records of all `log` items, oldest first; each item holds several."""
    return [
        _line(item["project"], mapping(record))
        for item in items
        if item["type"] == "log"
        for record in _records(item["payload"])
    ]


def _records(payload: object) -> list[object]:
    records = mapping(payload).get("items")
    return records if isinstance(records, list) else [payload]


def _line(project: str, record: dict[str, object]) -> LogLine:
    named = attributes(record.get("attributes"))
    return LogLine(
        project=project,
        time=clock(moment(record.get("timestamp"))),
        level=level(record.get("level")),
        body=text(record.get("body")),
        trace_id=text(record.get("trace_id")),
        environment=named.get("sentry.environment", ""),
        release=named.get("sentry.release", ""),
        attributes=named,
    )
