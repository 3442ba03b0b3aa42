"""How the cost of a boot grows with what is installed, and with what the environment holds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Iterator, Sequence

from tests.benchmarks import ratios
from tests.benchmarks.bars import Bar
from tests.benchmarks.charts import Chart, Group
from tests.benchmarks.conditions import Conditions, in_turn
from tests.benchmarks.environments import MINIMAL
from tests.benchmarks.installed_libraries import MOST, ONE, TEN
from tests.benchmarks.parts.boot import boot
from tests.benchmarks.ratios import Round
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import ERRORS_ONLY, LABELS, SENTRY, Started, Variant

THINGS = ("installed libraries", "entry points", "variables")
COUNTS = (1, 100, 1000)
APP = "starlette_app"


def measure(conditions: Conditions, number: int) -> Iterator[Round]:
    """Yield one boot of each variant for each amount of each thing."""
    measured: Round = {}
    if not conditions.quick:
        for libraries in (ONE, TEN, MOST):
            beside = {v.name: _start(conditions, v, ("uvicorn", *libraries)) for v in SENTRY}
            measured[_case(THINGS[0], len(libraries))] = _boots(beside, number)
    with tempfile.TemporaryDirectory() as directory:
        for count in COUNTS:
            path = Path(directory) / str(count)
            _declare(path, count)
            pointing = {v.name: _with_path(_start(conditions, v), str(path)) for v in SENTRY}
            measured[_case(THINGS[1], count)] = _boots(pointing, number)
            varying = {v.name: _with_variables(_start(conditions, v), count) for v in SENTRY}
            measured[_case(THINGS[2], count)] = _boots(varying, number)
    yield measured


def _start(conditions: Conditions, variant: Variant, libraries: tuple[str, ...] = MINIMAL) -> Started:
    return conditions.start(variant, ERRORS_ONLY, libraries, APP)


def _boots(started: dict[str, Started], number: int) -> dict[str, dict[str, float]]:
    if number == 0:
        for each in started.values():
            boot(each)  # writes the bytecode, warms the disk
    return {name: boot(started[name]) for name in in_turn(list(started), number)}


def _declare(path: Path, count: int) -> None:
    """Make `count` distributions in `path`, each with one entry point."""
    for number in range(count):
        metadata = path / f"other_{number}-1.0.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: other-{number}\nVersion: 1.0\n")
        (metadata / "entry_points.txt").write_text(f"[others]\nother_{number} = other_{number}:point\n")


def _with_path(started: Started, path: str) -> Started:
    paths = filter(None, (started.environ.get("PYTHONPATH"), path))
    return started._replace(environ={**started.environ, "PYTHONPATH": ":".join(paths)})


def _with_variables(started: Started, count: int) -> Started:
    others = {f"OTHER_SETTING_{number}": f"value {number}" for number in range(count)}
    return started._replace(environ={**started.environ, **others})


def _case(what: str, count: int) -> str:
    return f"{what}: {count:,}"


def _cases(rounds: Sequence[Round], *things: str) -> list[str]:
    """Return the measured amounts of these things, each in rising order."""
    return [case for thing in things for case in rounds[0] if case.startswith(thing)]


def tables(rounds: Sequence[Round]) -> Iterator[Table]:
    """Yield one table of what each adds to a boot."""
    rows = []
    for case in _cases(rounds, *THINGS):
        more = [ratios.difference(rounds, case, name, "raw", "s") * 1000 for name in ("stock", "ours")]
        memory = [ratios.difference(rounds, case, name, "raw", "MB") for name in ("stock", "ours")]
        rows.append((case, *(f"{value:.0f}" for value in more), *(f"{value:.0f}" for value in memory)))
    by_hand, ours = LABELS["stock"], LABELS["ours"]
    columns = ["more than without", f"ms, {by_hand}", f"ms, {ours}", f"MB, {by_hand}", f"MB, {ours}"]
    yield Table("A boot by what else there is", columns, rows)


def promises(rounds: Sequence[Round]) -> Iterator[Bar]:
    """Return none: growth is shown."""
    return iter(())


def charts(rounds: Sequence[Round]) -> Iterator[Chart]:
    """Yield the time that each adds to a boot, libraries on a scale of their own."""
    for name, things in (("libraries", THINGS[:1]), ("growth", THINGS[1:])):
        groups = [
            Group(
                case,
                {
                    each: ratios.difference(rounds, case, each, "raw", "s") * 1000
                    for each in ("stock", "ours")
                },
            )
            for case in _cases(rounds, *things)
        ]
        if groups:
            yield Chart(name, f"Boot, ms more than without, by {' and '.join(things)}", "{:,.0f}", groups)
