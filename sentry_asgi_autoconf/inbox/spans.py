"""Read spans from a transaction or from streamed span items, in one form."""

from __future__ import annotations

from typing import Any, Iterable, NamedTuple

from sentry_asgi_autoconf.inbox.receiver import Item
from sentry_asgi_autoconf.inbox.tolerant import mapping, moment, pairs, sequence, text


class Span(NamedTuple):
    """One span; `start` and `end` are seconds since 1970, or None where the client sent no time."""

    item_id: int
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
        """Give the duration, or None."""
        return None if self.start is None or self.end is None else self.end - self.start


def spans_of(item: Item) -> list[Span]:
    """Return the spans of a `transaction` item, its root first, or those of a `span` item."""
    if item["type"] == "transaction":
        return [root_span(item), *(_child(item, mapping(span)) for span in _child_list(item))]
    if item["type"] == "span":
        return [_streamed(item, mapping(span)) for span in _streamed_list(item["payload"])]
    return []


def root_span(item: Item) -> Span:
    """Return the span that a `transaction` item itself is."""
    payload = mapping(item["payload"])
    context = mapping(mapping(payload.get("contexts")).get("trace"))
    return _span(
        item,
        {
            **context,
            "description": payload.get("transaction"),
            "start_timestamp": payload.get("start_timestamp"),
            "timestamp": payload.get("timestamp"),
        },
        is_root=True,
    )


def trace_id_of(item: Item) -> str:
    """Return the trace that an event or a transaction belongs to, or an empty text."""
    contexts = mapping(mapping(item["payload"]).get("contexts"))
    return text(mapping(contexts.get("trace")).get("trace_id"))


def attributes(value: Any) -> dict[str, str]:
    """Return attributes as texts, also from the typed form `{"name": {"value": …, "type": …}}`."""
    return {
        name: text(entry["value"] if isinstance(entry, dict) and "value" in entry else entry)
        for name, entry in pairs(value)
    }


def segments(items: Iterable[Item]) -> list[Span]:
    """Return the root spans among streamed span items: what a transaction is elsewhere."""
    return [span for item in items if item["type"] == "span" for span in spans_of(item) if span.is_root]


def _child_list(item: Item) -> list[Any]:
    return sequence(mapping(item["payload"]).get("spans"))


def _streamed_list(payload: Any) -> list[Any]:
    items = mapping(payload).get("items")
    return items if isinstance(items, list) else [payload]


def _child(item: Item, span: dict[str, Any]) -> Span:
    return _span(item, span, is_root=False)


def _span(item: Item, span: dict[str, Any], is_root: bool) -> Span:
    data = attributes(span.get("data"))
    data.update(("tag " + name, text(value)) for name, value in pairs(span.get("tags")))
    if span.get("origin"):
        data["origin"] = text(span["origin"])
    return Span(
        item_id=item["id"],
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


def _streamed(item: Item, span: dict[str, Any]) -> Span:
    data = attributes(span.get("attributes"))
    return Span(
        item_id=item["id"],
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
