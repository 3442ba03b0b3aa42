"""Whether each error and transaction has arrived: once, and with its own request's data."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, Iterable, NamedTuple
from urllib.parse import urlsplit

from tests.reliability.receiver import Receiver

# Why the SDK sends none of what was captured: the transport loses it, or, of transactions, a queue that is full for ten
# seconds halves the rate. What a processor has refused is not lost: the second event of an error, say.
_REASONS = ("queue_overflow", "ratelimit_backoff", "network_error", "send_error", "backpressure")


class Account(NamedTuple):
    """What became of the errors, or transactions, that the app's answers say were captured.

    `dropped` were counted by the SDK, which tells Sentry in client reports; `lost` are neither.
    """

    captured: int
    sent: int
    dropped: int
    lost: int
    twice: int
    crossed: int


def number_of(payload: Any) -> str:
    """Return the number of the request that an event or transaction is of."""
    return urlsplit(str(payload.get("request", {}).get("url", ""))).path.rpartition("/")[2]


def _is_crossed(payload: Any) -> bool:
    """Whether something in it is of another request."""
    number = number_of(payload)
    headers = payload.get("request", {}).get("headers", {})
    found = {headers.get("x-number"), *_of_breadcrumbs(payload), *_of_exceptions(payload)}
    return found != {number}


def _of_breadcrumbs(payload: Any) -> Iterable[str]:
    crumbs = payload.get("breadcrumbs", {}).get("values", [])
    return [
        str(crumb["message"]).rpartition(" ")[2] for crumb in crumbs if crumb.get("category") == "numbered"
    ]


def _of_exceptions(payload: Any) -> Iterable[str]:
    exceptions = payload.get("exception", {}).get("values", [])
    for exception in (each for each in exceptions if each["type"] == "ValueError"):
        yield exception["value"].rpartition(" ")[2]
        for frame in exception["stacktrace"]["frames"]:
            if "number" in frame.get("vars", {}):
                yield frame["vars"]["number"].strip("'")


def losses(file: Path) -> Counter[str]:
    """Return what the SDK has counted as lost, by category."""
    found: Counter[str] = Counter()
    for line in file.read_text().splitlines() if file.exists() else []:
        category, reason, count = json.loads(line)
        if reason in _REASONS:
            found[category] += count
    return found


def account(
    receiver: Receiver, type_: str, captured: Iterable[str], dropped: int = 0, refused: int = 0
) -> Account:
    """Settle the account of the items of one type: `captured` are the numbers of the requests that had one."""
    wanted = set(captured)
    payloads = [payload for each, payload in receiver.items() if each == type_]
    arrived = Counter(map(number_of, payloads))
    return Account(
        captured=len(wanted),
        sent=len(arrived),
        dropped=dropped + refused,
        lost=max(len(wanted - set(arrived)) - dropped - refused, 0),
        twice=sum(arrived.values()) - len(arrived),
        crossed=sum(map(_is_crossed, payloads)),
    )
