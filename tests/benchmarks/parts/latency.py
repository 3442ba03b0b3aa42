"""How long requests take at half of what the server can do without instrumentation, whether or not it keeps up."""

from __future__ import annotations

from typing import Iterator, Sequence

from tests.benchmarks import ratios
from tests.benchmarks.bars import Bar
from tests.benchmarks.charts import Chart, Group
from tests.benchmarks.conditions import Conditions, in_turn
from tests.benchmarks.load import load
from tests.benchmarks.open_loop import SHARES, latencies
from tests.benchmarks.parts.throughput import PATH, SERVERS, warm
from tests.benchmarks.ratios import Round
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import ERRORS_ONLY, LABELS, RAW, SOME_TRACES

SETTINGS = (ERRORS_ONLY, SOME_TRACES)
SECONDS = 5
QUICK_RATE = 100.0  # requests a second
CASES = [f"{server}, {setting.name}" for server in SERVERS for setting in SETTINGS]


def measure(conditions: Conditions, number: int) -> Iterator[Round]:
    """Yield what each variant takes at half of the rate that is possible without it, by server and setting."""
    measured: Round = {}
    for server in ["uvicorn"] if conditions.quick else SERVERS:
        rate = _half_of_raw(conditions, SERVERS[server])
        for setting in SETTINGS[:1] if conditions.quick else SETTINGS:
            of_variants = {}
            for variant in [RAW] if conditions.quick else in_turn(conditions.variants, number):
                with warm(conditions, variant, setting, SERVERS[server]) as served:
                    seconds = 0.5 if conditions.quick else SECONDS
                    of_variants[variant.name] = latencies(served.port, PATH, rate, seconds)
                    of_variants[variant.name]["req/s"] = rate
            measured[f"{server}, {setting.name}"] = of_variants
    yield measured


def _half_of_raw(conditions: Conditions, server: tuple[str, ...]) -> float:
    if conditions.quick:
        return QUICK_RATE
    with warm(conditions, RAW, ERRORS_ONLY, server) as served:
        return load(served.port, PATH, SECONDS).requests_per_second / 2


def tables(rounds: Sequence[Round]) -> Iterator[Table]:
    """Yield a table for each server and setting."""
    for case in ratios.measured(rounds, CASES):
        rows = [
            (LABELS[name], *(f"{ratios.median(rounds, case, name, share):,.2f}" for share in SHARES))
            for name in ratios.variants(rounds, case, LABELS)
        ]
        rate = ratios.median(rounds, case, "raw", "req/s")
        yield Table(f"Latency at {rate:,.0f} requests a second, FastAPI, {case}", ["", *SHARES], rows)


def promises(rounds: Sequence[Round]) -> Iterator[Bar]:
    """Return none: latency is shown."""
    return iter(())


def charts(rounds: Sequence[Round]) -> Iterator[Chart]:
    """Yield the 99th percentile."""
    groups = [
        Group(
            case,
            {
                name: ratios.median(rounds, case, name, "p99 ms")
                for name in ratios.variants(rounds, case, LABELS)
            },
        )
        for case in ratios.measured(rounds, CASES)
    ]
    yield Chart("latency", "p99 in ms at half of the requests that are possible without", "{:,.1f}", groups)
