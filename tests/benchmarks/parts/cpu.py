"""CPU time of one request, in process: what is left when neither sockets nor a server's parsing blur it."""

from __future__ import annotations

from typing import Iterator, NamedTuple, Sequence

from tests.benchmarks import bars, ratios
from tests.benchmarks.bars import Bar
from tests.benchmarks.charts import Chart, Group
from tests.benchmarks.commands import output
from tests.benchmarks.conditions import Conditions, in_turn
from tests.benchmarks.environments import SERVED
from tests.benchmarks.ratios import Round
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import (
    ALL_TRACES,
    APPS,
    ERRORS_ONLY,
    EXCLUDED,
    LABELS,
    SENTRY,
    SOME_TRACES,
    Setting,
    Variant,
)

REQUESTS = 3000  # in one run
TRACED_REQUESTS = 1000  # each of which takes several times as long
RUNS = 5  # in one process, of which the best counts


class Case(NamedTuple):
    """An app under a setting."""

    label: str
    app: str
    setting: Setting
    limit: float | None = None
    #: Whether the others instrument it, too.
    has_peers: bool = False

    @property
    def name(self) -> str:
        """The case's name, of both."""
        return f"{self.label}, {self.setting.name}"

    @property
    def path(self) -> str:
        """What is requested."""
        return "/health" if self.setting.excludes else "/items/42"


CASES = (
    Case("plain ASGI app", "plain", ERRORS_ONLY, 0.45),
    Case("plain ASGI app", "plain", SOME_TRACES, 0.75),
    Case("plain ASGI app", "plain", ALL_TRACES),
    Case("plain ASGI app", "plain", EXCLUDED, 0.70),
    Case("FastAPI", "fastapi_app", ERRORS_ONLY, 0.60, has_peers=True),
    Case("FastAPI", "fastapi_app", SOME_TRACES, 0.80, has_peers=True),
    Case("FastAPI", "fastapi_app", ALL_TRACES, has_peers=True),
    Case("FastAPI", "fastapi_app", EXCLUDED),
)


def measure(conditions: Conditions, number: int) -> Iterator[Round]:
    """Yield each case without instrumentation, by hand, with us and maybe with the peers, one after the other."""
    cases = [case for case in CASES if case.setting is ERRORS_ONLY] if conditions.quick else CASES
    yield {
        case.name: {
            variant.name: {"µs": _microseconds(conditions, case, variant)}
            for variant in in_turn(conditions.variants if case.has_peers else SENTRY, number)
        }
        for case in cases
    }


def _microseconds(conditions: Conditions, case: Case, variant: Variant) -> float:
    started = conditions.start(variant, case.setting, SERVED, case.app)
    requests = TRACED_REQUESTS if case.setting is ALL_TRACES else REQUESTS
    if conditions.quick:
        requests = 50
    command = [
        *started.python,
        str(APPS / "in_process.py"),
        started.app,
        case.path,
        str(requests),
        str(RUNS),
    ]
    return float(output(command, started.environ, APPS)) * 1e6


def _measured(rounds: Sequence[Round]) -> list[Case]:
    return [case for case in CASES if ratios.measured(rounds, [case.name])]


def tables(rounds: Sequence[Round]) -> Iterator[Table]:
    """Yield one table of all cases."""
    rows = [
        (
            case.name,
            *(_median(rounds, case, name) for name in LABELS),
            f"{ratios.ratio_over_raw(rounds, case.name, 'ours', 'stock', 'µs'):.2f}",
        )
        for case in _measured(rounds)
    ]
    columns = ["µs a request", *LABELS.values(), "ours over none, against by hand"]
    yield Table("CPU time of a request, in process", columns, rows)


def _median(rounds: Sequence[Round], case: Case, name: str) -> str:
    if name not in ratios.variants(rounds, case.name, LABELS):
        return "-"
    return f"{ratios.median(rounds, case.name, name, 'µs'):.1f}"


def promises(rounds: Sequence[Round]) -> Iterator[Bar]:
    """Yield what is promised of a request's CPU time."""
    for case in _measured(rounds):
        if case.limit is not None:
            share = ratios.ratio_over_raw(rounds, case.name, "ours", "stock", "µs")
            yield bars.at_most(f"CPU a request over none, against by hand: {case.name}", case.limit, share)


def charts(rounds: Sequence[Round]) -> Iterator[Chart]:
    """Yield what each adds to a request."""
    groups = [
        Group(
            case.name,
            {
                name: max(0.0, ratios.difference(rounds, case.name, name, "raw", "µs"))
                for name in ratios.variants(rounds, case.name, LABELS)
                if name != "raw"
            },
        )
        for case in _measured(rounds)
    ]
    yield Chart("cpu", "CPU time that a request takes more than without, µs", "{:.0f}", groups)
