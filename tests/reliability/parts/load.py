"""Load: many requests at once on two workers, of which one in a hundred raises."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Iterator, Sequence

from tests.reliability import accounts, client
from tests.reliability.accounts import Account
from tests.reliability.client import Exchange
from tests.reliability.receiver import Receiver
from tests.reliability.rows import Figures, Row, Scale, faults
from tests.reliability.served import SERVERS, Served, variables

REQUESTS = 25_000  # on each server, with errors only, and as many with all traces
AT_ONCE = 64
_TRACES = (("errors only", None), ("traces 1.0", 1.0))


def rows(scale: Scale) -> Iterator[Row]:
    """Yield a row for each server, with errors only and with all traces."""
    for server, (name, rate) in scale.pairs(SERVERS, _TRACES):
        yield _under_load(f"{server}, {name}", server, rate, scale.count(REQUESTS, 200))


def _under_load(case: str, server: str, rate: float | None, requests: int) -> Row:
    with tempfile.TemporaryDirectory() as directory, Receiver() as receiver:
        losses = Path(directory) / "losses"
        with Served(server, variables(receiver, rate, losses), workers=2) as served:
            warm = max(requests // 10, 1)
            exchanges = client.ask(served.port, _paths(0, warm), AT_ONCE)
            before = served.megabytes
            last = [f"/boom/{number}" for number in range(requests, requests + AT_ONCE)]
            exchanges += client.ask(served.port, _paths(warm, requests), AT_ONCE, last)
            after = served.megabytes
            receiver.wait_for_silence()
            served.stop()
        dropped = accounts.losses(losses)
        errors = accounts.account(receiver, "event", raising(exchanges), dropped["error"])
        sent = accounts.account(receiver, "transaction", traced(exchanges, rate), dropped["transaction"])
        figures: Figures = {
            "requests": len(exchanges),
            "wrong answers": len(wrong(exchanges)),
            "errors": errors.captured,
            **_of_account(errors),
            "transactions": sent.captured,
            "of them dropped": sent.dropped,
            "of them lost": sent.lost,
            "twice or crossed": sent.twice + sent.crossed,
            "MB": f"{before:.0f} to {after:.0f}",
        }
        never = ("wrong answers", "lost", "twice", "crossed", "of them lost", "twice or crossed")
        return Row(case, figures, faults(figures, *never))


def _of_account(account: Account) -> dict[str, int]:
    return {name: getattr(account, name) for name in ("dropped", "lost", "twice", "crossed")}


def _paths(first: int, end: int) -> Iterator[str]:
    for number in range(first, end):
        yield f"/{'boom' if number % 100 == 50 else 'ok'}/{number}"


def raising(exchanges: Sequence[Exchange]) -> list[str]:
    """Return the numbers of the requests that raised, as their answers say."""
    return [number(exchange) for exchange in exchanges if exchange.status == 500]


def traced(exchanges: Sequence[Exchange], rate: float | None) -> list[str]:
    """Return the numbers of the requests that have a transaction."""
    return [number(exchange) for exchange in exchanges if exchange.status] if rate else []


def wrong(exchanges: Sequence[Exchange]) -> list[Exchange]:
    """Return what was not answered as it should be."""
    return [exchange for exchange in exchanges if not is_right(exchange)]


def is_right(exchange: Exchange) -> bool:
    """Whether a request was answered as it should be."""
    if "/boom/" in exchange.path:
        return exchange.status == 500
    return (exchange.status, exchange.body) == (200, number(exchange).encode())


def number(exchange: Exchange) -> str:
    """Return the number of a request."""
    return exchange.path.rpartition("/")[2]
