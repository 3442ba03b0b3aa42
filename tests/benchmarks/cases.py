"""An app under a setting, by a server or in process: what a request of it takes, and what is promised of that."""

from __future__ import annotations

from typing import Iterator, NamedTuple, Sequence

from tests.benchmarks import bars, ratios
from tests.benchmarks.bars import Bar
from tests.benchmarks.charts import Chart, Group
from tests.benchmarks.environments import SERVED
from tests.benchmarks.ratios import Round
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import LABELS, Setting

UNIT = "µs"


class Case(NamedTuple):
    """An app under a setting."""

    label: str
    app: str
    setting: Setting
    #: What our share of what Sentry costs by hand may be.
    limit: float | None = None
    #: Whether the others instrument it, too.
    has_peers: bool = False
    #: What serves it, if not the benchmark itself.
    server: str = ""
    #: What has to be installed for it.
    libraries: tuple[str, ...] = SERVED

    @property
    def name(self) -> str:
        """The case's name, of all of these."""
        return ", ".join(filter(None, (self.server, self.label, self.setting.name)))

    @property
    def path(self) -> str:
        """What is requested."""
        return "/health" if self.setting.excludes else "/items/42"


def measured(cases: Sequence[Case], rounds: Sequence[Round]) -> list[Case]:
    """Return those of the cases that were measured."""
    return [case for case in cases if ratios.measured(rounds, [case.name])]


def table(title: str, cases: Sequence[Case], rounds: Sequence[Round]) -> Table:
    """Return what each variant takes in each case."""
    rows = [
        (
            case.name,
            *(_median(rounds, case, name) for name in LABELS),
            f"{ratios.ratio_over_raw(rounds, case.name, 'ours', 'stock', UNIT):.2f}",
        )
        for case in measured(cases, rounds)
    ]
    return Table(title, ["µs a request", *LABELS.values(), "ours over none, against by hand"], rows)


def _median(rounds: Sequence[Round], case: Case, name: str) -> str:
    if name not in ratios.variants(rounds, case.name, LABELS):
        return "-"
    return f"{ratios.median(rounds, case.name, name, UNIT):.1f}"


def promises(promise: str, cases: Sequence[Case], rounds: Sequence[Round]) -> Iterator[Bar]:
    """Yield what is promised of each case that has a limit."""
    for case in measured(cases, rounds):
        if case.limit is not None:
            share = ratios.ratio_over_raw(rounds, case.name, "ours", "stock", UNIT)
            yield bars.at_most(f"{promise}: {case.name}", case.limit, share)


def chart(name: str, title: str, cases: Sequence[Case], rounds: Sequence[Round]) -> Chart:
    """Return what each variant adds to a request."""
    groups = [
        Group(
            case.name,
            {
                variant: max(0.0, ratios.difference(rounds, case.name, variant, "raw", UNIT))
                for variant in ratios.variants(rounds, case.name, LABELS)
                if variant != "raw"
            },
        )
        for case in measured(cases, rounds)
    ]
    return Chart(name, title, "{:.0f}", groups)
