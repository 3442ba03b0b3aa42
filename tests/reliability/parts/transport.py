"""Transport faults: a receiver that is away, slow, full, broken or wrong."""

from __future__ import annotations

import ssl
import statistics
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Iterator, Mapping, NamedTuple, Sequence

import trustme

from tests.reliability import accounts, client
from tests.reliability.client import Exchange
from tests.reliability.parts.load import raising, traced
from tests.reliability.receiver import Receiver, Reply, Script, accept
from tests.reliability.rows import Figures, Row, Scale, faults
from tests.reliability.served import BARE, BY_HAND, OURS, SERVERS, Served, app_of, variables

REQUESTS = 500
_AT_ONCE = 8
_TIMEOUT = 2.0  # the SDK's own shutdown_timeout
_GRACE = 10.0  # seconds: that a busy machine may take longer


class Fault(NamedTuple):
    """What is wrong with the receiver: how it answers, whether it listens in the first half and in the second.

    `dsn` and `variables` say {port} for the receiver's port.
    """

    name: str
    script: Script = accept
    listens: tuple[bool, bool] = (True, True)
    dsn: str = "http://key@127.0.0.1:{port}/1"
    variables: Mapping[str, str] = {}
    tls: bool = False


def _always(reply: Reply) -> Script:
    return lambda number: reply


def _at_first(reply: Reply, count: int = 3) -> Script:
    return lambda number: reply if number < count else Reply()


_LIMITS = "x-sentry-rate-limits: 60:{}:organization\r\n"
_ELSEWHERE = "http://key@receiver.invalid/1"
_TLS = "https://key@127.0.0.1:{port}/1"
_PROXY = {"SENTRY_HTTP_PROXY": "http://127.0.0.1:{port}"}
FAULTS = (
    Fault("none"),
    Fault("down at boot, then up", listens=(False, True)),
    Fault("up, then down", listens=(True, False)),
    Fault("down all the time", listens=(False, False)),
    Fault("never answers", _always(Reply(never=True))),
    Fault("answers after 0.3 s", _always(Reply(after=0.3))),
    Fault("429, Retry-After: 60", _at_first(Reply(429, "retry-after: 60\r\n"))),
    Fault("429, Retry-After: 1, then 200", _at_first(Reply(429, "retry-after: 1\r\n"))),
    Fault("429 alone", _at_first(Reply(429))),
    Fault("rate limit of errors", _always(Reply(headers=_LIMITS.format("error")))),
    Fault("rate limit of transactions", _always(Reply(headers=_LIMITS.format("transaction")))),
    Fault("rate limit of everything", _always(Reply(429, _LIMITS.format("")))),
    Fault("400", _always(Reply(400))),
    Fault("403", _always(Reply(403))),
    Fault("413", _always(Reply(413))),
    Fault("500", _always(Reply(500))),
    Fault("503, then 200", _at_first(Reply(503))),
    Fault("200 with garbage", _always(Reply(headers="x-sentry-rate-limits: \xff;;:,\r\n", body=b"\xff\0{"))),
    Fault("bytes that are no HTTP", _always(Reply(0, raw=b"\x15\x03\x01\xff\xff garbage"))),
    Fault("closes without an answer", _always(Reply(0, raw=b""))),
    Fault("TLS asked of one that has none", dsn=_TLS),
    Fault("TLS with an unknown authority", dsn=_TLS, tls=True),
    Fault("a proxy that works", dsn=_ELSEWHERE, variables=_PROXY),
    Fault("a proxy that refuses", _always(Reply(407)), dsn=_ELSEWHERE, variables=_PROXY),
    Fault("a host that has no address", dsn=_ELSEWHERE),
)


class _Run(NamedTuple):
    exchanges: list[Exchange]
    exit_seconds: float
    events: accounts.Account
    transactions: accounts.Account

    @property
    def milliseconds(self) -> float:
        """The median time of an answer that is no error."""
        return 1000 * statistics.median(each.seconds for each in self.exchanges if each.status == 200)


def rows(scale: Scale) -> Iterator[Row]:
    """Yield a row for each server and fault; by a small scale, which gives no figures of time, not by hand."""
    requests = scale.count(REQUESTS, 20)
    bare: dict[str, _Run] = {}
    for server, fault in scale.pairs(SERVERS[:3], FAULTS):
        if server not in bare:
            bare[server] = _run(server, FAULTS[0], requests, BARE)
        hows = (OURS, BY_HAND) if scale.is_whole else (OURS,)
        # At once, for what a busy machine does to one it does to the other.
        with ThreadPoolExecutor(len(hows)) as threads:
            found = list(threads.map(partial(_run, server, fault, requests), hows))
        yield _under_fault(f"{server}: {fault.name}", bare[server], *found)


def _under_fault(case: str, bare: _Run, ours: _Run, by_hand: _Run | None = None) -> Row:
    differ = sum(one.answer != other.answer for one, other in zip(ours.exchanges, bare.exchanges))
    left = ours.events.lost + ours.transactions.lost
    figures: Figures = {
        "requests": len(ours.exchanges),
        "wrong answers": differ,
        "captured": ours.events.captured + ours.transactions.captured,
        "sent": ours.events.sent + ours.transactions.sent,
        "dropped": ours.events.dropped + ours.transactions.dropped,
        "left at the end": left,
        "twice": ours.events.twice + ours.transactions.twice,
        "exit s": ours.exit_seconds,
        "exit s bare": bare.exit_seconds,
        **(_beside(ours, by_hand) if by_hand else {}),
    }
    found = faults(
        figures,
        *("wrong answers", "twice"),
        ends_late=ours.exit_seconds > bare.exit_seconds + _TIMEOUT + _GRACE,
        # The SDK counts nothing of what it has not tried to send by then.
        leaves_before_its_time=left > 0 and ours.exit_seconds < _TIMEOUT,
    )
    return Row(case, figures, found)


def _beside(ours: _Run, by_hand: _Run) -> Figures:
    return {
        "exit s by hand": by_hand.exit_seconds,
        "latency, by hand 1": ours.milliseconds / by_hand.milliseconds,
    }


def _run(server: str, fault: Fault, requests: int, how: str) -> _Run:
    with tempfile.TemporaryDirectory() as directory, receiver_of(fault) as receiver:
        losses = Path(directory) / "losses"
        with serve(server, fault, receiver, losses, how) as served:
            half = requests // 2
            exchanges = client.ask(served.port, _paths(0, half), _AT_ONCE)
            if not fault.listens[0] and fault.listens[1]:
                receiver.listen()
            if fault.listens[0] and not fault.listens[1]:
                receiver.shut()
            last = [f"/boom/{number:06}" for number in range(requests, requests + _AT_ONCE)]
            exchanges += client.ask(served.port, _paths(half, requests), _AT_ONCE, last)
            exit_seconds = served.stop()
        return _Run(exchanges, exit_seconds, *_accounts(receiver, losses, exchanges))


def _accounts(
    receiver: Receiver, losses: Path, exchanges: Sequence[Exchange]
) -> tuple[accounts.Account, accounts.Account]:
    """Settle both accounts: of what 429 answers, which the SDK leaves to the receiver to count, the receiver tells."""
    dropped = accounts.losses(losses)
    refused = [type_ for type_, _ in receiver.items(429)]
    events = accounts.account(receiver, "event", raising(exchanges), dropped["error"], refused.count("event"))
    return events, accounts.account(
        receiver, "transaction", traced(exchanges, 1.0), dropped["transaction"], refused.count("transaction")
    )


def receiver_of(fault: Fault) -> Receiver:
    """Return the receiver, to be entered."""
    context = None
    if fault.tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return Receiver(fault.script, context, listens=fault.listens[0])


def serve(
    server: str, fault: Fault, receiver: Receiver, losses: Path, how: str, traces: float | None = 1.0
) -> Served:
    """Return the server that reports to it, to be entered."""
    environ = variables(fault.dsn.format(port=receiver.port), traces, losses, how)
    more = {name: value.format(port=receiver.port) for name, value in fault.variables.items()}
    return Served(server, {**environ, **(more if how != BARE else {})}, app=app_of(how))


def _paths(first: int, end: int) -> Iterator[str]:
    for number in range(first, end):
        yield f"/{'boom' if number % 10 == 5 else 'ok'}/{number:06}"
