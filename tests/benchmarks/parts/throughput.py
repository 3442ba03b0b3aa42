"""Requests a second of a real server with one worker that serves FastAPI, and how long the slowest take."""

from __future__ import annotations

import contextlib
from typing import Callable, Iterator, Sequence

from tests.benchmarks import bars, ratios
from tests.benchmarks.bars import Bar
from tests.benchmarks.charts import Chart, Group
from tests.benchmarks.conditions import Conditions, in_turn
from tests.benchmarks.environments import SERVED
from tests.benchmarks.load import load
from tests.benchmarks.ratios import Round
from tests.benchmarks.served import GRANIAN, UVICORN, Served
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import (
    ALL_TRACES,
    ERRORS_ONLY,
    LABELS,
    PEERS,
    SOME_TRACES,
    STREAMED,
    Setting,
    Variant,
)
from tests.harness.server import until

APP = "fastapi_app"
PATH = "/items/42"
SERVERS = {"uvicorn": UVICORN, "granian": GRANIAN}
SETTINGS = (ERRORS_ONLY, SOME_TRACES, STREAMED)
SECONDS = 4
WARM_UP = 1000  # requests
AGAINST_RAW = {"uvicorn": 0.65, "granian": 0.60}  # with errors only
CASES = [f"{server}, {setting.name}" for server in SERVERS for setting in SETTINGS]


def measure(conditions: Conditions, number: int) -> Iterator[Round]:
    """Yield each variant under load, by server and setting."""
    servers = {"uvicorn": UVICORN} if conditions.quick else SERVERS
    if number == 0 and not conditions.quick:
        for command in servers.values():
            for variant in conditions.variants:
                prove(conditions, variant, command)
    measured: Round = {}
    for server, command in servers.items():
        for setting in [STREAMED] if conditions.quick else SETTINGS:
            measured[f"{server}, {setting.name}"] = {
                variant.name: _under_load(conditions, variant, setting, command)
                for variant in in_turn(conditions.variants, number)
            }
    yield measured


def prove(conditions: Conditions, variant: Variant, server: tuple[str, ...]) -> None:
    """Fail if a variant that is told to send everything sends nothing: what does nothing costs nothing."""

    def sent() -> int:
        return conditions.sink.total(variant.exports)

    before = sent()
    with Served(conditions.start(variant, ALL_TRACES, SERVED, APP), server) as served:
        served.first_response(PATH)
        if variant.exports:
            # While it runs: not all of them send at a server's end. Again and again: nor at its beginning.
            until(lambda: served.request("/boom") and sent() > before, f"what {variant.label} sends")


@contextlib.contextmanager
def warm(
    conditions: Conditions, variant: Variant, setting: Setting, server: tuple[str, ...]
) -> Iterator[Served]:
    """Serve the app until it does all that it will do at each request."""
    received = conditions.sink.received
    before = received[variant.connects]
    with Served(conditions.start(variant, setting, SERVED, APP), server) as served:
        served.first_response(PATH)
        if variant.connects:
            until(lambda: received[variant.connects] > before, f"{variant.label} to connect")
        with served.client() as client:
            client.get(PATH, 20 if conditions.quick else WARM_UP)
        yield served


def _under_load(
    conditions: Conditions, variant: Variant, setting: Setting, server: tuple[str, ...]
) -> dict[str, float]:
    with warm(conditions, variant, setting, server) as served:
        spent_before = served.cpu_seconds
        seen = load(served.port, PATH, 1 if conditions.quick else SECONDS)
        spent = served.cpu_seconds - spent_before
        return {
            "req/s": seen.requests_per_second,
            "p99 ms": seen.p99,
            "CPU µs": spent / seen.requests * 1e6,
            "MB": served.megabytes,
        }


def tables(rounds: Sequence[Round]) -> Iterator[Table]:
    """Yield a table for each server and setting."""
    columns = ["", "req/s", "against none", "p99 ms", "CPU µs a request", "MB"]
    for case in ratios.measured(rounds, CASES):
        rows = [
            (
                LABELS[name],
                f"{ratios.median(rounds, case, name, 'req/s'):,.0f}",
                f"{ratios.ratio(rounds, case, name, 'raw', 'req/s'):.2f}",
                f"{ratios.median(rounds, case, name, 'p99 ms'):.1f}",
                f"{ratios.median(rounds, case, name, 'CPU µs'):.0f}",
                f"{ratios.median(rounds, case, name, 'MB'):.0f}",
            )
            for name in ratios.variants(rounds, case, LABELS)
        ]
        yield Table(f"Requests a second, FastAPI, {case}", columns, rows)


def promises(rounds: Sequence[Round]) -> Iterator[Bar]:
    """Yield what is promised against none, and against the peers."""
    for case in ratios.measured(rounds, CASES):
        server, _, setting = case.partition(", ")
        promise = f"requests a second, FastAPI, {case}, against"
        if setting == ERRORS_ONLY.name:
            share = ratios.ratio(rounds, case, "ours", "raw", "req/s")
            yield bars.at_least(f"{promise} no instrumentation", AGAINST_RAW[server], share)
        for peer in PEERS if setting != STREAMED.name else PEERS[:1]:
            if peer.name in ratios.variants(rounds, case, LABELS):
                share = ratios.ratio(rounds, case, "ours", peer.name, "req/s")
                yield _against(peer, setting)(f"{promise} {peer.label}", share)


def _against(peer: Variant, setting: str) -> Callable[[str, float], Bar]:
    """Return the bar of a share of the requests a second of a peer."""
    if peer.name == "opentelemetry" and setting == SOME_TRACES.name:
        return lambda promise, share: bars.at_least(promise, 1.25, share)
    return lambda promise, share: bars.above(promise, 1.0, share)


def charts(rounds: Sequence[Round]) -> Iterator[Chart]:
    """Yield the requests a second."""
    groups = [
        Group(
            case,
            {
                name: ratios.median(rounds, case, name, "req/s")
                for name in ratios.variants(rounds, case, LABELS)
            },
        )
        for case in ratios.measured(rounds, CASES)
    ]
    yield Chart("throughput", "Requests a second, FastAPI, one worker", "{:,.0f}", groups)
