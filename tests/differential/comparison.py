"""Send the same requests to both sides, and keep those whose results differ again and again."""

from __future__ import annotations

import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Callable, Iterator, Mapping

from tests.differential.exchange import Seen
from tests.differential.requests import Request, requests
from tests.differential.side import Result, Side

_BATCH = 25
# By how much longer a client that leaves waits when a request is sent again.
_PATIENCE_AGAIN = (1, 1, 1, 3, 10, 20, 30)
# These keep a connection, or hand on a disconnect, by whether the rest of a body has come by the time of the answer:
# bare against bare differs too (`--both-bare`).
_RACING = ("hypercorn", "granian", "gunicorn")


@dataclass(frozen=True)
class Terms:
    """How a comparison is run; times are in seconds."""

    server: str = "uvicorn"
    seed: int = 1
    deadline: float = 6.0
    patience: float = 0.03
    most_differences: int = 10
    environ: Mapping[str, str] = field(default_factory=dict)
    both_bare: bool = False


@dataclass
class Difference:
    """One request that is served otherwise than bare."""

    request: Request
    bare: Result
    ours: Result

    def __str__(self) -> str:
        lines = [str(self.request), f"  bare: {self.bare.seen}", f"  ours: {self.ours.seen}"]
        bare, ours = Counter(self.bare.log), Counter(self.ours.log)
        lines += [f"  only bare: {line}" for line in (bare - ours).elements()]
        lines += [f"  only ours: {line}" for line in (ours - bare).elements()]
        return "\n".join(lines)


@dataclass
class Report:
    """What a comparison found in one framework."""

    framework: str
    server: str
    asked: int
    sent: int = 0
    varying: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)

    def __str__(self) -> str:
        statuses = "; ".join(f"{status} {count} times" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.framework} on {self.server}: {self.sent} requests ({statuses}),"
            f" {len(self.differences)} differences, {self.varying} that vary by themselves"
        )


def compare(
    framework: str, count: int, terms: Terms, said: Callable[[str], None] = lambda text: None
) -> Report:
    """Compare `count` requests to the app of a framework, or fewer if too many differ; `said` hears of each."""
    report = Report(framework, terms.server, count)
    with tempfile.TemporaryDirectory() as parent, ThreadPoolExecutor(2) as pool, ExitStack() as ends:

        def begin(bootstrap: bool) -> Side:
            directory = Path(parent) / ("ours" if bootstrap else "bare")
            directory.mkdir()
            with_us = bootstrap and not terms.both_bare
            return Side(terms.server, framework, directory, terms.environ, with_us)

        sides = list(pool.map(begin, (False, True)))
        for side in sides:
            ends.callback(side.end)
        for batch in _batches(requests(framework, count, terms.seed)):
            bare, ours = pool.map(lambda side, batch=batch: _all(side, batch, terms), sides)
            for request, theirs, mine in zip(batch, bare, ours, strict=True):
                _judge(report, sides, request, theirs, mine, terms, said)
                if len(report.differences) >= terms.most_differences:
                    return report
    return report


def _batches(source: Iterator[Request]) -> Iterator[list[Request]]:
    yield from iter(lambda: list(islice(source, _BATCH)), [])


def _all(side: Side, batch: list[Request], terms: Terms) -> list[Result]:
    return [side.exchange(request, terms.deadline, terms.patience) for request in batch]


def _judge(
    report: Report,
    sides: list[Side],
    request: Request,
    bare: Result,
    ours: Result,
    terms: Terms,
    said: Callable[[str], None],
) -> None:
    report.sent += 1
    last = bare.seen.responses[-1].status if bare.seen.responses else "no answer"
    report.statuses[str(last)] = report.statuses.get(str(last), 0) + 1
    if bare == ours:
        return
    if terms.server in _RACING and _kept_or_not(bare) == _kept_or_not(ours):
        report.varying += 1
        return
    if _is_to_be_expected(sides, request, bare, ours, terms):
        report.varying += 1
        return
    report.differences.append(Difference(request, bare, ours))
    said(str(report.differences[-1]))


def _kept_or_not(result: Result) -> tuple[Seen, list[str]]:
    return result.seen.but_for_the_connection(), sorted(result.log)


def _is_to_be_expected(sides: list[Side], request: Request, bare: Result, ours: Result, terms: Terms) -> bool:
    """Whether the bare app is served in this way too, now and then, or nothing but a race has come out otherwise."""
    again: list[tuple[Result, Result]] = []
    for times in _PATIENCE_AGAIN:
        theirs, mine = (
            side.exchange(request, terms.deadline, terms.patience * times, settles=True) for side in sides
        )
        if ours == theirs:
            return True
        again.append((theirs, mine))
    if request.is_a_race or terms.server in _RACING:
        # It comes out in several ways, each way on both sides.
        return any(
            theirs in [ours, *(mine for _, mine in again)] for theirs in [bare, *(each for each, _ in again)]
        )
    return bare.seen.responses == ours.seen.responses and all(theirs == mine for theirs, mine in again[-3:])
