"""CPU time of one request of a real server, by the accounting of the server's own processes."""

from __future__ import annotations

from typing import Iterator, Sequence

from tests.benchmarks import cases, ratios
from tests.benchmarks.bars import Bar
from tests.benchmarks.cases import UNIT, Case
from tests.benchmarks.charts import Chart
from tests.benchmarks.conditions import Conditions, in_turn
from tests.benchmarks.environments import WORKING
from tests.benchmarks.ratios import Round
from tests.benchmarks.served import GRANIAN, GUNICORN, UVICORN, Served
from tests.benchmarks.sink import Sink, settled
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import (
    ALL_TRACES,
    ERRORS_ONLY,
    EXCLUDED,
    LABELS,
    MORE_TRACES,
    NO_RELEASE,
    SENTRY,
    SOME_TRACES,
    STREAMED,
    Setting,
    Variant,
)

REQUESTS = 5000
TRACED_REQUESTS = 2000  # each of which takes several times as long
WARM_UP = 500
# After so many, what is sent for them may arrive. A client that never pauses lets the thread that sends have little
# of the interpreter: its queue, of 100, is full at once, the rest is dropped, and who drops more would seem cheaper.
AT_ONCE = 50
PAUSE, QUIET = 0.02, 0.2  # seconds in which nothing arrives: in between, and at the end
SERVERS = {"uvicorn": UVICORN, "granian": GRANIAN, "gunicorn": GUNICORN}


def _plain(setting: Setting, limit: float | None = None) -> Case:
    return Case("plain ASGI app", "plain", setting, limit, server="uvicorn")


def _fastapi(
    setting: Setting, limit: float | None = None, *, server: str = "uvicorn", has_peers: bool = False
) -> Case:
    return Case("FastAPI", "fastapi_app", setting, limit, has_peers, server)


def _working(setting: Setting) -> Case:
    return Case("FastAPI with a query and a request", "work_app", setting, None, False, "uvicorn", WORKING)


CASES = (
    _plain(ERRORS_ONLY, 0.38),
    _plain(NO_RELEASE, 0.40),
    _plain(SOME_TRACES, 0.45),
    _plain(MORE_TRACES),
    _plain(ALL_TRACES, 0.85),
    _plain(STREAMED),
    _plain(EXCLUDED),
    _fastapi(ERRORS_ONLY, 0.48, has_peers=True),
    _fastapi(NO_RELEASE, 0.50),
    _fastapi(SOME_TRACES, 0.55, has_peers=True),
    _fastapi(MORE_TRACES, 0.70),
    _fastapi(ALL_TRACES, 0.85, has_peers=True),
    _fastapi(STREAMED, 0.75),
    _fastapi(EXCLUDED),
    _working(ERRORS_ONLY),
    _working(MORE_TRACES),
    _working(ALL_TRACES),
    _fastapi(ERRORS_ONLY, server="granian"),
    _fastapi(ALL_TRACES, server="granian"),
    _fastapi(ERRORS_ONLY, server="gunicorn"),
    _fastapi(ALL_TRACES, server="gunicorn"),
)
QUICK = (_fastapi(ALL_TRACES, server="gunicorn"),)


def measure(conditions: Conditions, number: int) -> Iterator[Round]:
    """Yield each case without instrumentation, by hand, with us and maybe with the peers, one after the other."""
    yield {
        case.name: {
            variant.name: _of_a_request(conditions, case, variant)
            for variant in in_turn(conditions.variants if case.has_peers else SENTRY, number)
        }
        for case in (QUICK if conditions.quick else CASES)
        if conditions.environments.have(case.libraries)
    }


def _of_a_request(conditions: Conditions, case: Case, variant: Variant) -> dict[str, float]:
    requests = TRACED_REQUESTS if case.setting.sends_all else REQUESTS
    warm_up, requests = (20, 100) if conditions.quick else (WARM_UP, requests)
    started = conditions.start(variant, case.setting, case.libraries, case.app)

    with Served(started, SERVERS[case.server]) as served:
        with served.client() as client:
            client.get(case.path, warm_up)
        return spent(conditions.sink, variant, case, requests, served)


def spent(sink: Sink, variant: Variant, case: Case, requests: int, served: Served) -> dict[str, float]:
    """Return the CPU time of one of so many requests, sending included, and how much was sent for it."""

    def sent() -> int:
        return sink.total(variant.exports) if variant.exports else 0

    is_traced = case.setting.sends_all
    sent_before, spent_before = settled(sent, QUIET) if is_traced else sent(), served.cpu_seconds
    with served.client() as client:  # a server closes one that is idle
        for _ in range(requests // AT_ONCE):
            client.get(case.path, AT_ONCE)
            if is_traced:
                settled(sent, PAUSE)
    sent_after = settled(sent, QUIET) if is_traced else sent()
    seconds = served.cpu_seconds - spent_before
    return {UNIT: seconds / requests * 1e6, "sent": (sent_after - sent_before) / requests}


def tables(rounds: Sequence[Round]) -> Iterator[Table]:
    """Yield what a request takes, and what arrived where each sends something of its own."""
    yield cases.table("CPU time of a request of a real server", CASES, rounds)
    rows = [
        (case.name, *(f"{ratios.median(rounds, case.name, name, 'sent'):.2f}" for name in ("stock", "ours")))
        for case in cases.measured(CASES, rounds)
        if case.setting.sends_all
    ]
    yield Table("Envelopes a request that arrived", ["", LABELS["stock"], LABELS["ours"]], rows)


def promises(rounds: Sequence[Round]) -> Iterator[Bar]:
    """Yield what is promised of a request's CPU time."""
    yield from cases.promises("CPU a request, over none, against by hand", CASES, rounds)


def charts(rounds: Sequence[Round]) -> Iterator[Chart]:
    """Yield what each adds to a request."""
    title = "CPU time that a request of a real server takes more than without, µs"
    yield cases.chart("requests", title, CASES, rounds)
