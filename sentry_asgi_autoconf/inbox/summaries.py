"""Sum up items for pages and terminal: a line in a list, or the sections of a page."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from sentry_asgi_autoconf.inbox import errors
from sentry_asgi_autoconf.inbox.facts import deployment_of, sender_of
from sentry_asgi_autoconf.inbox.spans import Span, attributes, records, root_span, segments, trace_id_of
from sentry_asgi_autoconf.inbox.tolerant import (
    Item,
    Shown,
    clock,
    duration,
    mapping,
    moment,
    pairs,
    sequence,
    text,
)

# Contexts that say how a request was served come before those that every event has.
_FIRST_CONTEXTS = ("asgi_server", "response", "trace")
_REQUEST_FACTS = ("method", "url", "query_string", "data", "cookies", "env")
_SENDER_FACTS = ("server name", "environment", "release", "event id")


def error(item: Item) -> Shown:
    """Sum up an `event` item."""
    event = mapping(item["payload"])
    return {
        "item_id": item["id"],
        "project": item["project"],
        "time": clock(item["received"]),
        "at": moment(event.get("timestamp")) or moment(item["received"]),
        "span_id": text(mapping(event, "contexts", "trace").get("span_id")),
        "level": errors.level(event.get("level") or "error"),
        "title": errors.title(event),
        "place": errors.place(event),
        "request": errors.request_line(event),
        **sender_of(event),
    }


def error_detail(item: Item) -> Shown:
    """Return all that the page of one error shows beyond its summary."""
    event = mapping(item["payload"])
    return {
        "chain": errors.chain(event),
        "breadcrumbs": errors.breadcrumbs(event),
        "culprit": text(event.get("transaction")) or text(event.get("culprit")),
        "when": clock(event.get("timestamp"), "%Y-%m-%d %H:%M:%S"),
        "sections": sections(item),
    }


def requests(item: Item) -> list[Shown]:
    """Sum up a `transaction` item, or the segments of a `span` item, which are streamed traces."""
    if item["type"] == "transaction":
        return [transaction(item)]
    streamed = {"spans": "", "request": ""}
    return [{**_request(item, span), **deployment_of(span.data), **streamed} for span in segments(item)]


def transaction(item: Item) -> Shown:
    """Sum up a `transaction` item."""
    payload = mapping(item["payload"])
    return {
        **_request(item, root_span(item)),
        "spans": str(len(sequence(payload.get("spans")))),
        "request": errors.request_line(payload),
        **sender_of(payload),
        "url": f"/transactions/{item['id']}",
    }


def logs(item: Item) -> list[Shown]:
    """Return the records of a `log` item, oldest first."""
    return [_log(item["project"], record) for record in records(item)]


def sections(item: Item) -> list[Shown]:
    """Return request, user, tags, contexts and extra of an event or transaction; empty ones are left out."""
    payload = mapping(item["payload"])
    request, contexts = mapping(payload, "request"), mapping(payload, "contexts")
    given = {name: request[name] for name in _REQUEST_FACTS if request.get(name) not in (None, "", {})}
    named = {name: payload.get(name.replace(" ", "_")) for name in _SENDER_FACTS}
    sender = {"client": item["auth"].get("sentry_client"), **named}
    flags = [mapping(flag) for flag in sequence(mapping(contexts, "flags"))]
    ordered = sorted(
        set(contexts) - ({"flags"} if flags else set()), key=lambda name: (name not in _FIRST_CONTEXTS, name)
    )
    titled: list[tuple[str, str, Any]] = [
        ("Request", "", {name.replace("_", " "): value for name, value in given.items()}),
        ("Headers", "", request.get("headers")),
        ("User", "", payload.get("user")),
        ("Tags", "", payload.get("tags")),
        ("Feature flags", "", [[flag.get("flag"), flag.get("result")] for flag in flags]),
        *((name, "context", contexts[name]) for name in ordered),
        ("Extra", "", payload.get("extra")),
        ("Sent by", "", {name: value for name, value in sender.items() if value}),
    ]
    tables = (
        (title, kind, [(name, text(value)) for name, value in pairs(facts) if value is not None])
        for title, kind, facts in titled
    )
    return [{"title": title, "kind": kind, "rows": rows} for title, kind, rows in tables if rows]


def _request(item: Item, span: Span) -> Shown:
    return {
        "item_id": item["id"],
        "project": item["project"],
        "time": clock(item["received"]),
        "name": span.name,
        "op": span.op,
        "status": span.status,
        "failed": span.is_failed,
        "duration": duration(span.seconds),
        "trace_id": span.trace_id or trace_id_of(item),
        "span_id": span.span_id,
        "url": f"/traces/{quote(span.trace_id, safe='')}",
    }


def _log(project: str, record: dict[str, Any]) -> Shown:
    named = attributes(record.get("attributes"))
    return {
        "project": project,
        "time": clock(record.get("timestamp")),
        "level": errors.level(record.get("level")),
        "body": text(record.get("body")),
        "trace_id": text(record.get("trace_id")),
        "span_id": text(record.get("span_id")) or named.get("sentry.trace.parent_span_id", ""),
        "at": moment(record.get("timestamp")),
        **deployment_of(named),
        "attributes": named,
    }
