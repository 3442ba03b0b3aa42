"""Read of an item, once, when it arrives, what it is kept, found and counted by."""

from __future__ import annotations

from typing import AbstractSet, Any, NamedTuple

from sentry_asgi_autoconf.inbox.issues import group_of
from sentry_asgi_autoconf.inbox.spans import attributes, records, trace_id_of
from sentry_asgi_autoconf.inbox.tolerant import mapping, moment, text

KINDS = (
    "event",
    "transaction",
    "span",
    "log",
    "profile",
    "profile_chunk",
    "session",
    "sessions",
    "client_report",
    "check_in",
    "trace_metric",
    "attachment",
)
# By which a person chooses from all that is kept.
FACETS = ("project", "environment", "release", "server")
_FIELDS = {"environment": "environment", "release": "release", "server": "server_name"}
_ATTRIBUTES = {"environment": "sentry.environment", "release": "sentry.release", "server": "server.address"}
_LONGEST = 200


class Facts(NamedTuple):
    """What an item is kept, found and counted by; `rows` is how many lines of a list it makes."""

    kind: str
    group: str
    project: str
    environment: str
    release: str
    server: str
    traces: AbstractSet[str]
    rows: int
    at: float


def facts_of(item: dict[str, Any]) -> Facts:
    """Return the facts of an item, whatever it holds."""
    kind = item["type"] if item["type"] in KINDS else "other"
    payload = mapping(item["payload"])
    several = records(item) if kind in ("log", "span", "trace_metric") else []
    if several:
        sender = deployment_of(attributes(several[0].get("attributes")))
        traces = {text(record.get("trace_id")) for record in several}
    else:
        sender, traces = sender_of({**payload, **mapping(payload, "attrs")}), {trace_id_of(item)}
    return Facts(
        kind=kind,
        group=group_of(payload) if kind == "event" else "",
        project=item["project"],
        traces=frozenset(traces - {""}),
        rows=sum(span.get("is_segment") is True for span in several) if kind == "span" else len(several) or 1,
        at=moment(item.get("received")) or 0.0,
        **{name: value[:_LONGEST] for name, value in sender.items()},
    )


def sender_of(payload: dict[str, Any]) -> dict[str, str]:
    """Return environment, release and server of an event, a transaction, a profile or a session."""
    return {name: text(payload.get(key)) for name, key in _FIELDS.items()}


def deployment_of(named: dict[str, str]) -> dict[str, str]:
    """Return environment, release and server from the attributes of a span or a log record."""
    return {name: named.get(key, "") for name, key in _ATTRIBUTES.items()}
