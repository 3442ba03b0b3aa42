"""From the start of a server to its first response, and the memory that it has then."""

from __future__ import annotations

from typing import Iterator, Sequence

from tests.benchmarks import bars, ratios
from tests.benchmarks.bars import Bar
from tests.benchmarks.charts import Chart, Group
from tests.benchmarks.conditions import Conditions, in_turn
from tests.benchmarks.environments import MINIMAL, SERVICE
from tests.benchmarks.ratios import Round
from tests.benchmarks.served import UVICORN, Served
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import ERRORS_ONLY, LABELS, Started

CASES = {"minimal": (MINIMAL, "starlette_app"), "service": (SERVICE, "fastapi_app")}
PATH = "/items/1"


def measure(conditions: Conditions, number: int) -> Iterator[Round]:
    """Yield one boot of each variant in each environment."""
    measured: Round = {}
    for case in ["minimal"] if conditions.quick else CASES:
        libraries, app = CASES[case]
        started = {
            variant.name: conditions.start(variant, ERRORS_ONLY, libraries, app)
            for variant in conditions.variants
        }
        if number == 0 and not conditions.quick:
            for each in started.values():
                boot(each)  # writes the bytecode, warms the disk
        measured[case] = {name: boot(started[name]) for name in in_turn(list(started), number)}
    yield measured


def boot(started: Started) -> dict[str, float]:
    """Start uvicorn, and give seconds and CPU seconds to the first response, and MB."""
    with Served(started, UVICORN) as served:
        seconds = served.first_response(PATH)
        return {"s": seconds, "CPU s": served.cpu_seconds, "MB": served.megabytes}


def tables(rounds: Sequence[Round]) -> Iterator[Table]:
    """Yield a table for each environment."""
    columns = ["", "s", "against by hand", "CPU s", "MB", "against by hand"]
    for case in ratios.measured(rounds, CASES):
        rows = [
            (
                LABELS[name],
                f"{ratios.median(rounds, case, name, 's'):.2f}",
                f"{ratios.ratio(rounds, case, name, 'stock', 's'):.2f}",
                f"{ratios.median(rounds, case, name, 'CPU s'):.2f}",
                f"{ratios.median(rounds, case, name, 'MB'):.0f}",
                f"{ratios.ratio(rounds, case, name, 'stock', 'MB'):.2f}",
            )
            for name in ratios.variants(rounds, case, LABELS)
        ]
        yield Table(f"Boot to the first response, {case} environment", columns, rows)


def promises(rounds: Sequence[Round]) -> Iterator[Bar]:
    """Yield what is promised of a boot."""
    for promise, case, metric, limit in (
        ("boot to first response, service environment, against Sentry by hand", "service", "s", 0.33),
        ("memory after boot there, against Sentry by hand", "service", "MB", 0.50),
        ("boot to first response, minimal environment, against Sentry by hand", "minimal", "s", 0.80),
    ):
        if case in ratios.measured(rounds, CASES):
            yield bars.at_most(promise, limit, ratios.ratio(rounds, case, "ours", "stock", metric))


def charts(rounds: Sequence[Round]) -> Iterator[Chart]:
    """Yield the time and the memory."""
    for name, title, metric, form in (
        ("boot", "Boot to the first response, seconds", "s", "{:.2f}"),
        ("memory", "Resident memory after boot, MB", "MB", "{:.0f}"),
    ):
        groups = [
            Group(
                f"{case} environment",
                {
                    variant: ratios.median(rounds, case, variant, metric)
                    for variant in ratios.variants(rounds, case, LABELS)
                },
            )
            for case in ratios.measured(rounds, CASES)
        ]
        yield Chart(name, title, form, groups)
