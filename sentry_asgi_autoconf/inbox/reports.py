"""Sum up what SDKs report: sessions, what they dropped, metrics."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import Any, Iterable

from sentry_asgi_autoconf.inbox.spans import records
from sentry_asgi_autoconf.inbox.tolerant import Item, Shown, mapping, number, sequence, text

MAX_ROWS = 200
OUTCOMES = ("exited", "errored", "abnormal", "crashed")
# What the SDK means by the reasons that it gives.
MEANINGS = {
    "sample_rate": "not sampled",
    "before_send": "dropped by before_send, or by a hook in its place",
    "event_processor": "dropped by an event processor",
    "ratelimit_backoff": "the receiver had said to send no more of it",
    "network_error": "the receiver could not be reached, or refused it",
    "queue_overflow": "there were more than could be sent",
    "backpressure": "the process was busy",
    "insufficient_data": "too few samples for a profile",
    "send_error": "the receiver refused it",
    "no_parent_span": "it has no parent",
}


def sessions(items: Iterable[Item]) -> list[Shown]:
    """Return how the sessions of each release and environment ended."""
    found: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for item in items:
        payload = mapping(item["payload"])
        of = mapping(payload, "attrs")
        counted = found[text(of.get("release")), text(of.get("environment"))]
        if item["type"] == "session":
            counted[_outcome(payload)] += 1
        for aggregate in map(mapping, sequence(payload.get("aggregates"))):
            counted.update({name: _count(aggregate.get(name)) for name in OUTCOMES})
    return [
        {
            "release": release or "none",
            "environment": environment or "none",
            "total": sum(counted.values()),
            "outcomes": [counted[name] for name in OUTCOMES],
        }
        for (release, environment), counted in sorted(found.items())
    ]


def discarded(items: Iterable[Item]) -> list[Shown]:
    """Return how much of each category was dropped for each reason, the most first."""
    counted: Counter[tuple[str, str]] = Counter()
    for item in items:
        for entry in map(mapping, sequence(mapping(item["payload"]).get("discarded_events"))):
            counted[text(entry.get("reason")), text(entry.get("category"))] += _count(entry.get("quantity"))
    return [
        {"reason": reason, "category": category, "count": count, "meaning": MEANINGS.get(reason, "")}
        for (reason, category), count in counted.most_common(MAX_ROWS)
    ]


def metrics(items: Iterable[Item]) -> list[Shown]:
    """Return each metric with its type, unit, number of values, sum and last value, by name."""
    found: dict[tuple[str, str, str], list[float]] = {}
    for record in (record for item in items for record in records(item)):
        key = (text(record.get("name")), text(record.get("type")), text(record.get("unit")))
        found.setdefault(key, []).append(number(record.get("value")) or 0.0)
    return [
        {
            "name": name,
            "type": kind,
            "unit": unit,
            "count": len(values),
            "sum": sum(values),
            "last": values[-1],
        }
        for (name, kind, unit), values in sorted(found.items())[:MAX_ROWS]
    ]


def _outcome(session: dict[str, Any]) -> str:
    status = text(session.get("status"))
    if status in OUTCOMES:
        return status
    return "errored" if _count(session.get("errors")) else "exited"


def _count(value: Any) -> int:
    return max(0, int(number(value) or 0))
