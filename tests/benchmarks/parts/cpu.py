"""CPU time of one request, in process: what is left when neither sockets nor a server's parsing blur it."""

from __future__ import annotations

from types import MappingProxyType
from typing import Iterator, Mapping, Sequence

from tests.benchmarks import cases
from tests.benchmarks.bars import Bar
from tests.benchmarks.cases import UNIT, Case
from tests.benchmarks.charts import Chart
from tests.benchmarks.commands import output
from tests.benchmarks.conditions import Conditions, in_turn
from tests.benchmarks.ratios import Round
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import (
    ALL_TRACES,
    APPS,
    ERRORS_ONLY,
    EXCLUDED,
    SENTRY,
    SOME_TRACES,
    STREAMED,
    Variant,
)

REQUESTS = 3000  # in one run
TRACED_REQUESTS = 1000  # each of which takes several times as long
RUNS = 5  # in one process, of which the best counts
AT_ONCE = 50  # traced requests, before what they send is waited for


CASES = (
    Case("plain ASGI app", "plain", ERRORS_ONLY, 0.45),
    Case("plain ASGI app", "plain", SOME_TRACES, 0.75),
    Case("plain ASGI app", "plain", ALL_TRACES),
    Case("plain ASGI app", "plain", EXCLUDED, 0.70),
    Case("FastAPI", "fastapi_app", ERRORS_ONLY, 0.60, has_peers=True),
    Case("FastAPI", "fastapi_app", SOME_TRACES, 0.80, has_peers=True),
    Case("FastAPI", "fastapi_app", ALL_TRACES, has_peers=True),
    Case("FastAPI", "fastapi_app", STREAMED),
    Case("FastAPI", "fastapi_app", EXCLUDED),
)


def measure(conditions: Conditions, number: int) -> Iterator[Round]:
    """Yield each case without instrumentation, by hand, with us and maybe with the peers, one after the other."""
    measured = [case for case in CASES if case.has_peers][:1] if conditions.quick else CASES
    yield {
        case.name: {
            variant.name: {UNIT: microseconds(conditions, case, variant)}
            for variant in in_turn(conditions.variants if case.has_peers else SENTRY, number)
        }
        for case in measured
    }


def microseconds(
    conditions: Conditions, case: Case, variant: Variant, variables: Mapping[str, str] = MappingProxyType({})
) -> float:
    """Return the CPU time of a request, in a process of its own that has these further variables."""
    started = conditions.start(variant, case.setting, case.libraries, case.app)
    requests = TRACED_REQUESTS if case.setting.sends_all else REQUESTS
    if conditions.quick:
        requests = 50
    command = [
        *started.python,
        str(APPS / "in_process.py"),
        started.app,
        case.path,
        str(requests),
        str(RUNS),
        str(AT_ONCE if case.setting.sends_all else 0),
    ]
    return float(output(command, {**started.environ, **variables}, APPS)) * 1e6


def tables(rounds: Sequence[Round]) -> Iterator[Table]:
    """Yield one table of all cases."""
    yield cases.table("CPU time of a request, in process", CASES, rounds)


def promises(rounds: Sequence[Round]) -> Iterator[Bar]:
    """Yield what is promised of a request's CPU time."""
    yield from cases.promises("CPU a request in process, over none, against by hand", CASES, rounds)


def charts(rounds: Sequence[Round]) -> Iterator[Chart]:
    """Yield what each adds to a request."""
    title = "CPU time that a request takes more than without, in process, µs"
    yield cases.chart("cpu", title, CASES, rounds)
