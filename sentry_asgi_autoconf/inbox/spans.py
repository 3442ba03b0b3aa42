"""Read spans, of a transaction or streamed, in one form, and lay them out as a waterfall."""

from __future__ import annotations

from collections import OrderedDict, defaultdict
from typing import Any, NamedTuple, Sequence

from sentry_asgi_autoconf.inbox.tolerant import Item, Shown, duration, mapping, moment, pairs, sequence, text

MAX_ROWS, MAX_MARKS = 2000, 500
_DEEPEST_INDENT = 24
_NARROWEST = 0.35
_KINDS = ("db", "http", "cache", "queue", "template", "view", "middleware", "function", "event")


class Span(NamedTuple):
    """One span; `start` and `end` are seconds since 1970, or None where the client sent no time."""

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    op: str
    status: str
    start: float | None
    end: float | None
    is_root: bool
    data: dict[str, str]
    service: str = ""

    @property
    def seconds(self) -> float | None:
        """The duration, None where it is not known."""
        return None if self.start is None or self.end is None else self.end - self.start

    @property
    def is_failed(self) -> bool:
        """Whether the status means that it failed."""
        return self.status not in ("", "ok", "unset", "unknown")


class Mark(NamedTuple):
    """An error or a log record, to be marked where it happened in a waterfall; `url` is its page."""

    span_id: str
    at: float | None
    level: str
    title: str
    url: str


def spans_of(item: Item) -> list[Span]:
    """Return the spans of a `transaction` item, its root first, or those of a `span` item."""
    if item["type"] == "transaction":
        payload = mapping(item["payload"])
        service = _service(item, payload.get("server_name"), payload.get("release"))
        read = [
            root_span(item),
            *(_read_span(item, mapping(child)) for child in sequence(payload.get("spans"))),
        ]
        return [span._replace(service=service) for span in read]
    return [_read_streamed(item, span) for span in records(item)] if item["type"] == "span" else []


def segments(item: Item) -> list[Span]:
    """Return the root spans of a `span` item: what a transaction is elsewhere."""
    return [span for span in spans_of(item) if span.is_root] if item["type"] == "span" else []


def root_span(item: Item) -> Span:
    """Return the span that a `transaction` item itself is."""
    payload = mapping(item["payload"])
    times = {name: payload.get(name) for name in ("start_timestamp", "timestamp")}
    own = {**mapping(payload, "contexts", "trace"), "description": payload.get("transaction"), **times}
    return _read_span(item, own, is_root=True)


def trace_id_of(item: Item) -> str:
    """Return the trace that an event or a transaction belongs to, or an empty text."""
    return text(mapping(item["payload"], "contexts", "trace").get("trace_id"))


def records(item: Item) -> list[dict[str, Any]]:
    """Return the spans or log records of a streamed item, which holds several, or is one itself."""
    several = mapping(item["payload"]).get("items")
    return [mapping(record) for record in (several if isinstance(several, list) else [item["payload"]])]


def attributes(value: Any) -> dict[str, str]:
    """Return attributes as texts, also from the typed form `{"name": {"value": …, "type": …}}`."""
    return {name: text(mapping(entry).get("value", entry)) for name, entry in pairs(value)}


def lay_out(spans: Sequence[Span], marks: Sequence[Mark] = ()) -> Shown:
    """Order `spans` below their parents, by start, and place them on a common axis, `left` and `width` in per cent.

    Each mark is in the row of its span, or in the first.
    """
    begin = min((span.start for span in spans if span.start is not None), default=0.0)
    end = max((span.end for span in spans if span.end is not None), default=begin)
    whole = max(end - begin, 0.0)
    rows = [_row(span, depth, begin, whole) for span, depth in _nested(spans)[:MAX_ROWS]]
    by_id = {row["span"].span_id: row for row in reversed(rows)}
    for mark in marks[:MAX_MARKS] if rows else ():
        left = _per_cent(mark.at, begin, whole)
        by_id.get(mark.span_id, rows[0])["marks"].append({"left": left, **mark._asdict()})
    ticks = ["0", *(duration(whole * part / 4) for part in (1, 2, 3, 4))]
    services = list(OrderedDict.fromkeys(row["span"].service for row in rows))
    return {"rows": rows, "ticks": ticks, "total": len(spans), "services": services}


def _read_span(item: Item, span: dict[str, Any], *, is_root: bool = False) -> Span:
    data = attributes(span.get("data"))
    data.update(("tag " + name, text(value)) for name, value in pairs(span.get("tags")))
    if span.get("origin"):
        data["origin"] = text(span["origin"])
    op = text(span.get("op"))
    made = _span(span, text(span.get("description")) or op, op, "timestamp", is_root, data)
    return made if made.trace_id else made._replace(trace_id=trace_id_of(item))


def _read_streamed(item: Item, span: dict[str, Any]) -> Span:
    data = attributes(span.get("attributes"))
    op, is_root = data.pop("sentry.op", ""), span.get("is_segment") is True
    made = _span(span, text(span.get("name")), op, "end_timestamp", is_root, data)
    return made._replace(service=_service(item, data.get("server.address"), data.get("sentry.release")))


def _service(item: Item, server: Any, release: Any) -> str:
    """Return what tells the services of a trace from each other."""
    return " · ".join(filter(None, (text(release), text(server), f"project {item['project']}")))


def _span(span: dict[str, Any], name: str, op: str, end: str, is_root: bool, data: dict[str, str]) -> Span:
    return Span(
        trace_id=text(span.get("trace_id")),
        span_id=text(span.get("span_id")),
        parent_id=text(span.get("parent_span_id")),
        name=name or "unnamed span",
        op=op,
        status=text(span.get("status")),
        start=moment(span.get("start_timestamp")),
        end=moment(span.get(end)),
        is_root=is_root,
        data=data,
    )


def _nested(spans: Sequence[Span]) -> list[tuple[Span, int]]:
    ordered = sorted(spans, key=lambda span: (not span.is_root, span.start or 0.0))
    known = {span.span_id for span in ordered if span.span_id}
    children: defaultdict[str, list[Span]] = defaultdict(list)
    for span in ordered:
        is_nested = span.parent_id in known and span.parent_id != span.span_id
        children[span.parent_id if is_nested else ""].append(span)
    placed: dict[int, tuple[Span, int]] = {}
    # The whole list comes last: whatever it still adds stands in a cycle, which nothing outermost leads to.
    for start in [*children.pop("", []), *ordered]:
        stack = [(start, 0)]
        while stack:
            span, depth = stack.pop()
            if id(span) not in placed:
                placed[id(span)] = (span, depth)
                below = reversed(children.get(span.span_id, []))
                stack.extend((child, min(depth + 1, _DEEPEST_INDENT)) for child in below)
    return list(placed.values())


def _row(span: Span, depth: int, begin: float, whole: float) -> Shown:
    offset, left = 0.0 if span.start is None else span.start - begin, _per_cent(span.start, begin, whole)
    share = 100 * (span.seconds or 0.0) / whole if whole > 0 else 100.0
    kind = span.op.split(".")[0]
    return {
        "span": span,
        "depth": depth,
        "left": left,
        "width": min(max(share, _NARROWEST), 100 - left),
        "offset": duration(offset),
        "duration": duration(span.seconds),
        "kind": kind if kind in _KINDS else "other",
        "marks": [],
    }


def _per_cent(at: float | None, begin: float, whole: float) -> float:
    """Return where a moment is on the axis."""
    return 0.0 if at is None or whole <= 0 else min(max(100 * (at - begin) / whole, 0.0), 100 - _NARROWEST)
