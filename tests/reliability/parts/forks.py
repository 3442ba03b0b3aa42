"""Forks and threads: requests whose work is done by other processes, threads and tasks, all at once."""

from __future__ import annotations

import itertools
import sys
import tempfile
from pathlib import Path
from typing import Iterator, Sequence

from tests.reliability import accounts, client
from tests.reliability.client import Exchange
from tests.reliability.parts.load import number
from tests.reliability.receiver import Receiver
from tests.reliability.rows import Figures, Row, Scale, faults
from tests.reliability.served import Served, variables

# How often each server gets each kind of work. Those of the second kind start an interpreter.
_TIMES, _TIMES_OF_NEW = 50, 5
_AT_ONCE = 6
_IN_PROCESS = ("fork", "loop-fork", "fork-process", "fork-pool", "thread", "alone", "anyio", "greenlet")
_NEW = ("subprocess", "spawn-process", "forkserver-process", "spawn-pool", "anyio-process")
_OF_ASYNCIO = ("task", "to-thread"), ("exec",)
_ALONE = "alone"  # is answered with 200, though its thread has raised
_SERVERS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "uvicorn, asyncio": ("uvicorn", "--loop asyncio", ()),
    "uvicorn, uvloop": ("uvicorn", "--loop uvloop", ()),
    "uvicorn, patched by gevent": ("uvicorn", "--loop asyncio", (sys.executable, "-m", "gevent.monkey")),
    "granian": ("granian", "", ()),
    "gunicorn": ("gunicorn", "", ()),
    "hypercorn": ("hypercorn", "", ()),
    "hypercorn, trio": ("hypercorn", "-k trio", ()),
}


def rows(scale: Scale) -> Iterator[Row]:
    """Yield a row for each server and event loop."""
    for name, _ in scale.pairs(list(_SERVERS), [None]):
        yield _row(name, scale)


def _row(name: str, scale: Scale) -> Row:
    server, options, before = _SERVERS[name]
    paths = _paths(scale, is_trio="trio" in name)
    with tempfile.TemporaryDirectory() as directory, Receiver() as receiver:
        losses = Path(directory) / "losses"
        environ = variables(receiver, 1.0, losses)
        with Served(server, environ, options=options, app="elsewhere", before=before) as served:
            last = [f"/thread/{number}" for number in range(len(paths) + 1, len(paths) + 2 * _AT_ONCE, 2)]
            exchanges = client.ask(served.port, paths, _AT_ONCE, last)
            receiver.wait_for_silence()
            served.stop()
        dropped = accounts.losses(losses)
        errors = accounts.account(receiver, "event", _raising(exchanges), dropped["error"])
        answered = [number(each) for each in exchanges if each.status]
        sent = accounts.account(receiver, "transaction", answered, dropped["transaction"])
    figures: Figures = {
        "requests": len(exchanges),
        "forks": sum("fork" in _kind(each) for each in exchanges),
        "wrong answers": sum(bool(each.status) and not _is_right(each) for each in exchanges),
        "hangs": sum(not each.status for each in exchanges),
        "errors": errors.captured,
        "lost": errors.lost + sent.lost,
        "twice": errors.twice + sent.twice,
        "crossed": errors.crossed + sent.crossed,
    }
    odd = sorted({_kind(each) for each in exchanges if not _is_right(each)})
    found = faults(figures, "wrong answers", "hangs", "lost", "twice", "crossed")
    return Row(name, figures, (*found, *(f"by {kind}" for kind in odd)))


def _paths(scale: Scale, *, is_trio: bool) -> list[str]:
    """Return the paths of all requests: one kind of work after the other, again and again."""
    quick, new = (_IN_PROCESS, _NEW) if is_trio else (_IN_PROCESS + _OF_ASYNCIO[0], _NEW + _OF_ASYNCIO[1])
    kinds = [*quick * scale.count(_TIMES), *new * scale.count(_TIMES_OF_NEW)]
    numbers = itertools.count()
    # By pairs, as it is the odd numbers whose work raises.
    return [f"/{kind}/{next(numbers)}" for kind in kinds for _ in range(2)]


def _kind(exchange: Exchange) -> str:
    return exchange.path.split("/")[1]


def _raises(exchange: Exchange) -> bool:
    return int(number(exchange)) % 2 == 1


def _is_right(exchange: Exchange) -> bool:
    if _raises(exchange) and _kind(exchange) != _ALONE:
        return exchange.status == 500
    return (exchange.status, exchange.body) == (200, number(exchange).encode())


def _raising(exchanges: Sequence[Exchange]) -> list[str]:
    return [number(each) for each in exchanges if each.status and _raises(each)]
