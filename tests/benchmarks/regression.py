"""Compare this source with another revision of it, in a few minutes, beside the running interpreter's libraries.

python -m tests.benchmarks.regression --against main

Both are measured in turn, and each pair gives one ratio, so that what else the machine does meets both alike. It is
a report: its exit status says whether it could be made, and nothing of what is in it.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import subprocess
import sys
import tarfile
import tempfile
from functools import partial
from pathlib import Path
from typing import Callable, Iterator, Mapping, Sequence

import rich
from rich.progress import track

from tests.benchmarks import ratios, tables
from tests.benchmarks.cases import UNIT, Case
from tests.benchmarks.commands import output
from tests.benchmarks.conditions import in_turn
from tests.benchmarks.parts.boot import boot
from tests.benchmarks.parts.idle import milliseconds
from tests.benchmarks.parts.requests import AT_ONCE, spent
from tests.benchmarks.ratios import Round
from tests.benchmarks.served import UVICORN, Served
from tests.benchmarks.sink import Sink
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import ALL_TRACES, APPS, ERRORS_ONLY, OURS, SOME_TRACES, Setting, Started
from tests.harness.server import ROOT, environment
from tests.harness.venvs import installed_beside

CASES = tuple(
    Case(label, app, setting)
    for label, app in (("plain ASGI app", "plain"), ("FastAPI", "fastapi_app"))
    for setting in (ERRORS_ONLY, SOME_TRACES, ALL_TRACES)
)
BOOTS = {"boot, Starlette": "starlette_app", "boot, FastAPI": "fastapi_app"}
IDLE = "idle interpreter"
# The case, and in which unit it is measured.
METRICS = {**{case.name: UNIT for case in CASES}, **dict.fromkeys(BOOTS, "CPU s"), IDLE: "ms"}

SIDES = ("before", "now")
STARTS = 3  # of both servers, for each case: no two processes lie alike in memory
PAIRS = 8  # of requests, for each start
WARM_UP = 300
REQUESTS = 250
BOOT_PAIRS = 12
IDLE_PAIRS = 60


class Sides:
    """The other revision, `before`, and this source, `now`: how each is started."""

    def __init__(self, directory: Path, revision: str, sink: Sink) -> None:
        """Build both, and install each in a directory of its own, which goes before what the interpreter has."""
        self.sink = sink
        sources = {"before": _source(revision, directory / "source"), "now": ROOT}
        self._paths = {}
        for side, source in sources.items():
            bootstrap = installed_beside(directory / side, source)
            self._paths[side] = f"{bootstrap}:{bootstrap.parents[1]}"
            code = "import sentry_asgi_autoconf as package; print(package.__file__)"
            used = output([sys.executable, "-c", code], self.environ(side), APPS)
            assert used.startswith(str(directory / side)), used

    def environ(self, side: str) -> dict[str, str]:
        """Return an environment with nothing but this side's bootstrap."""
        return environment({"PYTHONPATH": self._paths[side]}, bootstrap=False)

    def start(self, side: str, setting: Setting, app: str) -> Started:
        """Say how to serve an app with this side."""
        environ = {**self.environ(side), **OURS.variables(self.sink, setting)}
        return Started([sys.executable], environ, f"{app}:app")


def pair(number: int, measured: Mapping[str, Callable[[], dict[str, float]]]) -> dict[str, dict[str, float]]:
    """Measure both sides, another one first each time."""
    return {side: measured[side]() for side in in_turn(SIDES, number)}


def _source(revision: str, directory: Path) -> Path:
    command = ["git", "archive", "--format=tar", revision]
    archived = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if archived.returncode:
        raise SystemExit(archived.stderr.decode())
    with tarfile.open(fileobj=io.BytesIO(archived.stdout)) as archive:
        archive.extractall(directory, filter="data")
    return directory


def measure(sides: Sides, *, quick: bool) -> Iterator[Round]:
    """Yield pair after pair of all that is compared."""
    for case in CASES[:1] if quick else track(CASES, "requests"):
        for _ in range(1 if quick else STARTS):
            yield from _requests(sides, case, quick=quick)
    for name, app in list(BOOTS.items())[: 1 if quick else None]:
        boots = {side: partial(boot, sides.start(side, ERRORS_ONLY, app)) for side in SIDES}
        pair(0, boots)  # warms the disk
        for number in range(2) if quick else track(range(BOOT_PAIRS), name):
            yield {name: pair(number, boots)}
    idle = {side: partial(_idle, sides.environ(side)) for side in SIDES}
    for number in range(4 if quick else IDLE_PAIRS):
        yield {IDLE: pair(number, idle)}


def _idle(environ: dict[str, str]) -> dict[str, float]:
    return {"ms": milliseconds(sys.executable, environ)}


def _requests(sides: Sides, case: Case, *, quick: bool) -> Iterator[Round]:
    """Yield pairs of requests of two servers that run side by side, of which one is idle."""
    requests = AT_ONCE if quick else REQUESTS
    with contextlib.ExitStack() as running:
        of = {}
        for side in SIDES:
            served = running.enter_context(Served(sides.start(side, case.setting, case.app), UVICORN))
            with served.client() as client:
                client.get(case.path, AT_ONCE if quick else WARM_UP)
            of[side] = partial(spent, sides.sink, OURS, case, requests, served)
        for number in range(2 if quick else PAIRS):
            yield {case.name: pair(number, of)}


def table(revision: str, rounds: Sequence[Round]) -> Table:
    """Return each case's ratio, its spread, and a mark where all of that is above 1, or below."""
    rows = []
    for case in ratios.measured(rounds, METRICS):
        metric = METRICS[case]
        low, high = ratios.spread(rounds, case, "now", "before", metric)
        share = ratios.ratio(rounds, case, "now", "before", metric)
        values = (f"{ratios.median(rounds, case, side, metric):.4g} {metric}" for side in SIDES)
        rows.append((case, *values, f"{share:.3f}", f"{low:.3f}–{high:.3f}", mark(low, high)))
    return Table(f"Against {revision}", ["", "before", "now", "ratio", "middle half", ""], rows)


def mark(low: float, high: float) -> str:
    """Return how a ratio is marked of which the middle half lies so: not at all where that is around 1."""
    if low > 1:
        return "**more**"
    return "less" if high < 1 else ""


def main() -> None:
    """Measure, and show."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.regression", description=__doc__)
    parser.add_argument("--against", required=True, metavar="REVISION", help="a commit, branch or tag")
    parser.add_argument("--quick", action="store_true", help="measure little, to see that it works")
    parser.add_argument("--summary", type=Path, help="append the table to this file, as Markdown")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, Sink() as sink:
        sides = Sides(Path(directory), given.against, sink)
        found = table(given.against, list(measure(sides, quick=given.quick)))
    rich.print(tables.for_terminal(found))
    if given.summary:
        with given.summary.open("a") as summary:
            summary.write(tables.as_markdown(found))


if __name__ == "__main__":
    main()
