"""Sum up items for the pages: a line in a list, or the sections of a page."""

from __future__ import annotations

from typing import Any, Iterable, NamedTuple

from sentry_asgi_autoconf.inbox import errors
from sentry_asgi_autoconf.inbox.receiver import Item
from sentry_asgi_autoconf.inbox.spans import Span, root_span, segments, trace_id_of
from sentry_asgi_autoconf.inbox.tolerant import clock, duration, mapping, moment, pairs, sequence, text
from sentry_asgi_autoconf.inbox.waterfall import is_failure

# Contexts that say how a request was served come before those that every event has.
_FIRST_CONTEXTS = ("asgi_server", "response", "trace")


class ErrorSummary(NamedTuple):
    """An error in a list."""

    item_id: int
    project: str
    time: str
    level: str
    title: str
    place: str
    request: str
    environment: str
    release: str


class RequestSummary(NamedTuple):
    """A transaction, or the segment of a streamed trace, in a list."""

    item_id: int
    project: str
    time: str
    name: str
    request: str
    op: str
    status: str
    failed: bool
    duration: str
    spans: str
    environment: str
    release: str
    trace_id: str
    url: str


class ErrorDetail:
    """All that the page of one error shows beyond its summary."""

    def __init__(self, item: Item) -> None:
        """Read the event in `item`."""
        event = mapping(item["payload"])
        self.chain = errors.chain(event)
        self.breadcrumbs = errors.breadcrumbs(event)
        self.culprit = text(event.get("transaction")) or text(event.get("culprit"))
        self.event_id = text(event.get("event_id"))
        self.when = clock(moment(event.get("timestamp")), "%Y-%m-%d %H:%M:%S")
        self.sections = sections(item)


class Section(NamedTuple):
    """A titled table of names and values."""

    title: str
    kind: str
    rows: list[tuple[str, str]]


def error(item: Item) -> ErrorSummary:
    """Sum up an `event` item."""
    event = mapping(item["payload"])
    return ErrorSummary(
        item_id=item["id"],
        project=item["project"],
        time=_received(item),
        level=errors.level(event.get("level") or "error"),
        title=errors.title(event),
        place=errors.place(event),
        request=errors.request_line(event),
        environment=text(event.get("environment")),
        release=text(event.get("release")),
    )


def transactions(items: Iterable[Item]) -> list[RequestSummary]:
    """Sum up `transaction` items and the segments among `span` items, in order of arrival."""
    found = []
    for item in items:
        if item["type"] == "transaction":
            found.append(transaction(item))
        else:
            found += [_segment(item, span) for span in segments([item])]
    return found


def transaction(item: Item) -> RequestSummary:
    """Sum up a `transaction` item."""
    payload = mapping(item["payload"])
    return _request(
        item,
        root_span(item),
        spans=str(len(sequence(payload.get("spans")))),
        request=errors.request_line(payload),
        environment=text(payload.get("environment")),
        release=text(payload.get("release")),
        url=f"/transactions/{item['id']}",
    )


def sections(item: Item) -> list[Section]:
    """Return request, user, tags, contexts and extra of an event or transaction; empty ones are left out."""
    payload = mapping(item["payload"])
    request = mapping(payload.get("request"))
    contexts = mapping(payload.get("contexts"))
    ordered = sorted(contexts, key=lambda name: (name not in _FIRST_CONTEXTS, name))
    named: list[tuple[str, str, Any]] = [
        ("Request", "", _request_facts(request)),
        ("Headers", "", request.get("headers")),
        ("User", "", payload.get("user")),
        ("Tags", "", payload.get("tags")),
        *((name, "context", contexts[name]) for name in ordered),
        ("Extra", "", payload.get("extra")),
        ("Sent by", "", _sender(item, payload)),
    ]
    tables = (
        Section(title, kind, [(name, text(value)) for name, value in pairs(rows) if value is not None])
        for title, kind, rows in named
    )
    return [table for table in tables if table.rows]


def _request_facts(request: dict[str, Any]) -> dict[str, Any]:
    names = ("method", "url", "query_string", "data", "cookies", "env")
    return {
        name.replace("_", " "): request[name] for name in names if request.get(name) not in (None, "", {})
    }


def _sender(item: Item, payload: dict[str, Any]) -> dict[str, Any]:
    facts = {
        "client": item["auth"].get("sentry_client"),
        "server name": payload.get("server_name"),
        "environment": payload.get("environment"),
        "release": payload.get("release"),
        "event id": payload.get("event_id"),
    }
    return {name: value for name, value in facts.items() if value}


def _segment(item: Item, span: Span) -> RequestSummary:
    return _request(
        item,
        span,
        spans="",
        request="",
        environment=span.data.get("sentry.environment", ""),
        release=span.data.get("sentry.release", ""),
        url="",
    )


def _request(
    item: Item, span: Span, *, spans: str, request: str, environment: str, release: str, url: str
) -> RequestSummary:
    return RequestSummary(
        item_id=item["id"],
        project=item["project"],
        time=_received(item),
        name=span.name,
        request=request,
        op=span.op,
        status=span.status,
        failed=is_failure(span.status),
        duration=duration(span.seconds),
        spans=spans,
        environment=environment,
        release=release,
        trace_id=span.trace_id or trace_id_of(item),
        url=url,
    )


def _received(item: Item) -> str:
    return clock(moment(item["received"]))
