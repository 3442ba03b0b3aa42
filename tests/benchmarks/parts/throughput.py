"""Requests a second of a real server with one worker that serves FastAPI, and how long the slowest take."""

from __future__ import annotations

from typing import Iterator, Sequence

from tests.benchmarks import bars, ratios
from tests.benchmarks.bars import Bar
from tests.benchmarks.charts import Chart, Group
from tests.benchmarks.conditions import Conditions, in_turn
from tests.benchmarks.environments import SERVED
from tests.benchmarks.load import load
from tests.benchmarks.ratios import Round
from tests.benchmarks.served import GRANIAN, UVICORN, Served
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import ALL_TRACES, ERRORS_ONLY, LABELS, PEERS, SOME_TRACES, Setting, Variant
from tests.harness.server import until

APP = "fastapi_app"
PATH = "/items/42"
SERVERS = {"uvicorn": UVICORN, "granian": GRANIAN}
SETTINGS = (ERRORS_ONLY, SOME_TRACES)
SECONDS = 4
CASES = [f"{server}, {setting.name}" for server in SERVERS for setting in SETTINGS]


def measure(conditions: Conditions, number: int) -> Iterator[Round]:
    """Yield each variant under load, by server and setting."""
    if number == 0:
        for command in SERVERS.values():
            for variant in conditions.variants:
                _prove(conditions, variant, command)
    measured: Round = {}
    for server, command in SERVERS.items():
        for setting in SETTINGS:
            measured[f"{server}, {setting.name}"] = {
                variant.name: _under_load(conditions, variant, setting, command)
                for variant in in_turn(conditions.variants, number)
            }
    yield measured


def _prove(conditions: Conditions, variant: Variant, server: tuple[str, ...]) -> None:
    """Fail if a variant that is told to send everything sends nothing: what does nothing costs nothing."""
    received = conditions.sink.received

    def sent() -> int:
        return sum(count for path, count in received.items() if path.startswith(variant.exports))

    before = sent()
    with Served(conditions.start(variant, ALL_TRACES, SERVED, APP), server) as served:
        served.first_response(PATH)
        if variant.exports:
            # While it runs: not all of them send at a server's end. Again and again: nor at its beginning.
            until(lambda: served.request("/boom") and sent() > before, f"what {variant.label} sends")


def _under_load(
    conditions: Conditions, variant: Variant, setting: Setting, server: tuple[str, ...]
) -> dict[str, float]:
    received = conditions.sink.received
    before = received[variant.connects]
    with Served(conditions.start(variant, setting, SERVED, APP), server) as served:
        served.first_response(PATH)
        if variant.connects:
            until(lambda: received[variant.connects] > before, f"{variant.label} to connect")
        load(served.port, PATH, 1)  # warms what the first requests build
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
    for case in CASES:
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
    """Yield what is promised against the peers."""
    for case in CASES:
        measured = ratios.variants(rounds, case, LABELS)
        for peer in PEERS:
            if peer.name in measured:
                share = ratios.ratio(rounds, case, "ours", peer.name, "req/s")
                yield bars.above(f"requests a second, FastAPI, {case}, against {peer.label}", 1.0, share)


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
        for case in CASES
    ]
    yield Chart("throughput", "Requests a second, FastAPI, one worker", "{:,.0f}", groups)
