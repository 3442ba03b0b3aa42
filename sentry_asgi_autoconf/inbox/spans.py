"""Read spans, of a transaction or streamed, in one form, and lay them out as a waterfall."""

from __future__ import annotations

from typing import Any, NamedTuple, Sequence

from sentry_asgi_autoconf.inbox.store import Item
from sentry_asgi_autoconf.inbox.tolerant import duration, mapping, moment, pairs, sequence, text

MAX_ROWS = 2000
_DEEPEST_INDENT = 24
_NARROWEST = 0.35
_KINDS = ("db", "http", "cache", "queue", "template", "view", "middleware", "function", "event")


class Span(NamedTuple):
    """One span; `start` and `end` are seconds since 1970, or None where the client sent no time.

    The root of a transaction or of a streamed segment `is_root`.
    """

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

    @property
    def seconds(self) -> float | None:
        """The duration, None where it is not known."""
        return None if self.start is None or self.end is None else self.end - self.start

    @property
    def is_failed(self) -> bool:
        """Whether the status means that it failed."""
        return self.status not in ("", "ok", "unset", "unknown")


class Row(NamedTuple):
    """One line of the waterfall; `left` and `width` are per cent of the whole."""

    span: Span
    depth: int
    left: float
    width: float
    offset: str
    duration: str
    kind: str


class Waterfall(NamedTuple):
    """All lines, the marks of the time axis, and how many spans there are."""

    rows: list[Row]
    ticks: list[str]
    total: int


def spans_of(item: Item) -> list[Span]:
    """Return the spans of a `transaction` item, its root first, or those of a `span` item."""
    if item["type"] == "transaction":
        children = sequence(mapping(item["payload"]).get("spans"))
        return [root_span(item), *(_span(item, mapping(child), is_root=False) for child in children)]
    return [_streamed(span) for span in records(item)] if item["type"] == "span" else []


def segments(item: Item) -> list[Span]:
    """Return the root spans of a `span` item: what a transaction is elsewhere."""
    return [span for span in spans_of(item) if span.is_root] if item["type"] == "span" else []


def root_span(item: Item) -> Span:
    """Return the span that a `transaction` item itself is."""
    payload = mapping(item["payload"])
    times = {name: payload.get(name) for name in ("start_timestamp", "timestamp")}
    own = {**mapping(payload, "contexts", "trace"), "description": payload.get("transaction"), **times}
    return _span(item, own, is_root=True)


def trace_id_of(item: Item) -> str:
    """Return the trace that an event or a transaction belongs to, or an empty text."""
    return text(mapping(item["payload"], "contexts", "trace").get("trace_id"))


def records(item: Item) -> list[dict[str, Any]]:
    """Return the spans or log records of a streamed item, which holds several, or is one itself."""
    several = mapping(item["payload"]).get("items")
    return [mapping(record) for record in (several if isinstance(several, list) else [item["payload"]])]


def attributes(value: Any) -> dict[str, str]:
    """Return attributes as texts, also from the typed form `{"name": {"value": …, "type": …}}`."""
    return {
        name: text(entry["value"] if isinstance(entry, dict) and "value" in entry else entry)
        for name, entry in pairs(value)
    }


def lay_out(spans: Sequence[Span]) -> Waterfall:
    """Order `spans` below their parents, by start, and place them on a common axis.

    A span whose parent is not among them stands at the outermost level; cycles are cut.
    """
    begin = min((span.start for span in spans if span.start is not None), default=0.0)
    end = max((span.end for span in spans if span.end is not None), default=begin)
    whole = max(end - begin, 0.0)
    rows = [_row(span, depth, begin, whole) for span, depth in _nested(spans)[:MAX_ROWS]]
    return Waterfall(rows, ["0", *(duration(whole * part / 4) for part in (1, 2, 3, 4))], len(spans))


def _span(item: Item, span: dict[str, Any], *, is_root: bool) -> Span:
    data = attributes(span.get("data"))
    data.update(("tag " + name, text(value)) for name, value in pairs(span.get("tags")))
    if span.get("origin"):
        data["origin"] = text(span["origin"])
    return Span(
        trace_id=text(span.get("trace_id")) or trace_id_of(item),
        span_id=text(span.get("span_id")),
        parent_id=text(span.get("parent_span_id")),
        name=text(span.get("description")) or text(span.get("op")) or "unnamed span",
        op=text(span.get("op")),
        status=text(span.get("status")),
        start=moment(span.get("start_timestamp")),
        end=moment(span.get("timestamp")),
        is_root=is_root,
        data=data,
    )


def _streamed(span: dict[str, Any]) -> Span:
    data = attributes(span.get("attributes"))
    return Span(
        trace_id=text(span.get("trace_id")),
        span_id=text(span.get("span_id")),
        parent_id=text(span.get("parent_span_id")),
        name=text(span.get("name")) or "unnamed span",
        op=data.pop("sentry.op", ""),
        status=text(span.get("status")),
        start=moment(span.get("start_timestamp")),
        end=moment(span.get("end_timestamp")),
        is_root=span.get("is_segment") is True,
        data=data,
    )


def _nested(spans: Sequence[Span]) -> list[tuple[Span, int]]:
    ordered = sorted(spans, key=lambda span: (not span.is_root, span.start or 0.0))
    known = {span.span_id for span in ordered if span.span_id}
    children: dict[str, list[Span]] = {}
    outermost = []
    for span in ordered:
        if span.parent_id in known and span.parent_id != span.span_id:
            children.setdefault(span.parent_id, []).append(span)
        else:
            outermost.append(span)
    placed: dict[int, tuple[Span, int]] = {}
    # The whole list comes last: whatever it still adds stands in a cycle, which nothing outermost leads to.
    for start in [*outermost, *ordered]:
        stack = [(start, 0)]
        while stack:
            span, depth = stack.pop()
            if id(span) in placed:
                continue
            placed[id(span)] = (span, depth)
            below = children.get(span.span_id, []) if span.span_id else []
            stack.extend((child, min(depth + 1, _DEEPEST_INDENT)) for child in reversed(below))
    return list(placed.values())


def _row(span: Span, depth: int, begin: float, whole: float) -> Row:
    offset = 0.0 if span.start is None else span.start - begin
    left = min(max(100 * offset / whole, 0.0), 100 - _NARROWEST) if whole > 0 else 0.0
    share = 100 * (span.seconds or 0.0) / whole if whole > 0 else 100.0
    width = min(max(share, _NARROWEST), 100 - left)
    kind = span.op.split(".")[0]
    kind = kind if kind in _KINDS else "other"
    return Row(span, depth, left, width, duration(offset), duration(span.seconds), kind)
