"""What each setting of ours that is heeded in requests adds to one, in process."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Iterator, Sequence

from tests.benchmarks import bars, ratios
from tests.benchmarks.bars import Bar
from tests.benchmarks.cases import UNIT, Case
from tests.benchmarks.charts import Chart
from tests.benchmarks.conditions import Conditions, in_turn
from tests.benchmarks.parts.cpu import microseconds
from tests.benchmarks.ratios import Round
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import ALL_TRACES, ERRORS_ONLY, OURS

CASES = (
    Case("FastAPI", "fastapi_app", ERRORS_ONLY),
    Case("FastAPI", "fastapi_app", ALL_TRACES),
)
NONE = "no further setting"
POLICY = "a policy file, which may change"
VARIABLES = {
    NONE: {},
    POLICY: {},
    "SENTRY_TAGS": {"SENTRY_TAGS": "team=shop,region=eu-1"},
    "SENTRY_ASGI_SCRUB_KEYS": {"SENTRY_ASGI_SCRUB_KEYS": "iban,ssn"},
    "SENTRY_ASGI_SCRUB_PATTERNS": {"SENTRY_ASGI_SCRUB_PATTERNS": "card,email"},
    "SENTRY_ASGI_HEALTH_CHECKS": {"SENTRY_ASGI_HEALTH_CHECKS": "ignore"},
    "SENTRY_ASGI_TRACES_PER_SECOND": {"SENTRY_ASGI_TRACES_PER_SECOND": "1000000"},
    "SENTRY_ASGI_EVENTS_PER_MINUTE": {"SENTRY_ASGI_EVENTS_PER_MINUTE": "60"},
}


def measure(conditions: Conditions, number: int) -> Iterator[Round]:
    """Yield each case with each setting, one after the other."""
    with tempfile.TemporaryDirectory() as directory:
        policy = Path(directory) / "policy.toml"
        policy.write_text("[defaults]\nmax_breadcrumbs = 100\n")
        further = {**VARIABLES, POLICY: {"SENTRY_ASGI_POLICY": str(policy)}}
        for case in CASES[:1] if conditions.quick else CASES:
            yield {
                case.name: {
                    name: {UNIT: microseconds(conditions, case, OURS, further[name])}
                    for name in in_turn(list(further), number)
                }
            }


def tables(rounds: Sequence[Round]) -> Iterator[Table]:
    """Yield one table of all settings."""
    measured = ratios.measured(rounds, [case.name for case in CASES])
    rows = [(name, *(_of(rounds, case, name) for case in measured)) for name in VARIABLES]
    yield Table(
        "CPU time of a request by setting, in process, µs more than without it", ["", *measured], rows
    )


def _of(rounds: Sequence[Round], case: str, name: str) -> str:
    if name == NONE:
        return f"({ratios.median(rounds, case, name, UNIT):.1f})"
    return f"{ratios.difference(rounds, case, name, NONE, UNIT):+.1f}"


def promises(rounds: Sequence[Round]) -> Iterator[Bar]:
    """Yield what is promised of a request under a policy file."""
    for case in ratios.measured(rounds, [case.name for case in CASES]):
        share = ratios.ratio(rounds, case, POLICY, NONE, UNIT)
        yield bars.at_most(f"CPU a request under a policy file, against none: {case}", 1.01, share)


def charts(rounds: Sequence[Round]) -> Iterator[Chart]:
    """Yield none: the table says it."""
    yield from ()
