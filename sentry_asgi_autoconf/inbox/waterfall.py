"""Lay spans out as a waterfall: nested by parent, positioned by time."""

from __future__ import annotations

from typing import NamedTuple, Sequence

from sentry_asgi_autoconf.inbox.spans import Span
from sentry_asgi_autoconf.inbox.tolerant import duration

MAX_ROWS = 2000
_DEEPEST_INDENT = 24
_NARROWEST = 0.35
_KINDS = ("db", "http", "cache", "queue", "template", "view", "middleware", "function", "event")


class Row(NamedTuple):
    """One line of the waterfall; `left` and `width` are per cent of the whole."""

    span: Span
    depth: int
    left: float
    width: float
    offset: str
    duration: str
    kind: str
    failed: bool


class Waterfall(NamedTuple):
    """All lines, the marks of the time axis, and how many spans there are."""

    rows: list[Row]
    ticks: list[str]
    total: int


def lay_out(spans: Sequence[Span]) -> Waterfall:
    """Order `spans` below their parents, by start, and place them on a common axis.

    A span whose parent is not among them stands at the outermost level; cycles are cut.
    """
    starts = [span.start for span in spans if span.start is not None]
    ends = [span.end for span in spans if span.end is not None]
    begin = min(starts, default=0.0)
    whole = max(max(ends, default=begin), begin) - begin
    rows = [_row(span, depth, begin, whole) for span, depth in _nested(spans)[:MAX_ROWS]]
    return Waterfall(rows, ["0", *(duration(whole * part / 4) for part in (1, 2, 3, 4))], len(spans))


def is_failure(status: str) -> bool:
    """Tell whether a span's status means that it failed."""
    return status not in ("", "ok", "unset", "unknown")


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
    placed: list[tuple[Span, int]] = []
    seen: set[int] = set()
    # The whole list comes last: whatever it still adds stands in a cycle, which nothing outermost leads to.
    for start in [*outermost, *ordered]:
        stack = [(start, 0)]
        while stack:
            span, depth = stack.pop()
            if id(span) in seen:
                continue
            seen.add(id(span))
            placed.append((span, depth))
            below = children.get(span.span_id, []) if span.span_id else []
            stack.extend((child, min(depth + 1, _DEEPEST_INDENT)) for child in reversed(below))
    return placed


def _row(span: Span, depth: int, begin: float, whole: float) -> Row:
    offset = (span.start if span.start is not None else begin) - begin
    left = min(max(100 * offset / whole, 0.0), 100 - _NARROWEST) if whole > 0 else 0.0
    share = 100 * (span.seconds or 0.0) / whole if whole > 0 else 100.0
    return Row(
        span=span,
        depth=depth,
        left=left,
        width=min(max(share, _NARROWEST), 100 - left),
        offset=duration(offset),
        duration=duration(span.seconds),
        kind=_kind(span.op),
        failed=is_failure(span.status),
    )


def _kind(op: str) -> str:
    first = op.split(".")[0]
    return first if first in _KINDS else "other"
