"""What is paid once: the first request and the first error after a boot, and the memory that requests leave behind."""

from __future__ import annotations

import statistics
import time
from typing import Iterator, Sequence

from tests.benchmarks import bars, ratios
from tests.benchmarks.bars import Bar
from tests.benchmarks.charts import Chart, Group
from tests.benchmarks.client import Client, prepared
from tests.benchmarks.conditions import Conditions, in_turn
from tests.benchmarks.environments import SERVED
from tests.benchmarks.ratios import Round
from tests.benchmarks.served import UVICORN, Served
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import ERRORS_ONLY, LABELS, Variant

CASE = "FastAPI"
APP = "fastapi_app"
PATH = "/items/42"
REQUESTS = 20_000
LATER = 10  # requests and errors that the first is compared with
UNITS = ("first request ms", "later ms", "first error ms", "later error ms", "stalled ms", "MB")


def measure(conditions: Conditions, number: int) -> Iterator[Round]:
    """Yield the first things of each variant, one after the other."""
    yield {
        CASE: {variant.name: _firsts(conditions, variant) for variant in in_turn(conditions.variants, number)}
    }


def _firsts(conditions: Conditions, variant: Variant) -> dict[str, float]:
    later, requests = (2, 50) if conditions.quick else (LATER, REQUESTS)
    started = conditions.start(variant, ERRORS_ONLY, SERVED, APP)
    with Served(started, UVICORN) as served, served.client() as client:
        first = _milliseconds(client, PATH)
        usual = statistics.median(_milliseconds(client, PATH) for _ in range(later))
        first_error = _stalled(served, client)
        usual_error = statistics.median(_stalled(served, client) for _ in range(later))
        client.get(PATH, requests)
        values = (first, usual, first_error, usual_error, first_error - usual_error, served.megabytes)
    return dict(zip(UNITS, values, strict=True))


def _milliseconds(client: Client, path: str) -> float:
    start = time.perf_counter()
    client.get(path)
    return (time.perf_counter() - start) * 1000


def _stalled(served: Served, other: Client) -> float:
    """Return the milliseconds in which a request is answered that follows an error's answer on another connection.

    An error may be reported after it was answered: the loop serves nothing else until that is done.
    """
    with served.client() as client:  # the server closes it after an error
        start = time.perf_counter()
        answer = client.answer(prepared("/boom"))
        if not answer.startswith(b"HTTP/1.1 500 "):
            raise AssertionError(f"the error was answered with {answer!r}")
        other.get(PATH)
        return (time.perf_counter() - start) * 1000


def tables(rounds: Sequence[Round]) -> Iterator[Table]:
    """Yield one table."""
    rows = [
        (
            LABELS[name],
            *(f"{ratios.median(rounds, CASE, name, unit):.1f}" for unit in UNITS[:-1]),
            f"{ratios.median(rounds, CASE, name, 'MB'):.0f}",
        )
        for name in ratios.variants(rounds, CASE, LABELS)
    ]
    columns = ["", *UNITS[:-1], f"MB after {REQUESTS:,} requests"]
    yield Table("The first request and error after a boot, FastAPI, uvicorn, errors only", columns, rows)


def promises(rounds: Sequence[Round]) -> Iterator[Bar]:
    """Yield what is promised of the first error."""
    more = ratios.difference(rounds, CASE, "ours", "stock", "stalled ms")
    yield bars.at_most("loop stalled by the first error, over Sentry by hand", 5.0, more, " ms", 1)


def charts(rounds: Sequence[Round]) -> Iterator[Chart]:
    """Yield the memory, as the table says the rest."""
    memory = {name: ratios.median(rounds, CASE, name, "MB") for name in ratios.variants(rounds, CASE, LABELS)}
    title = f"Resident memory after {REQUESTS:,} requests, MB"
    yield Chart("memory-served", title, "{:.0f}", [Group("", memory)])
