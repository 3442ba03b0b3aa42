"""What the bootstrap costs an interpreter that serves nothing, and what the launchers of others cost it."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Iterator, Sequence

from tests.benchmarks import bars, ratios
from tests.benchmarks.bars import Bar
from tests.benchmarks.charts import Chart, Group
from tests.benchmarks.commands import output
from tests.benchmarks.conditions import Conditions, in_turn
from tests.benchmarks.environments import MINIMAL
from tests.benchmarks.ratios import Round
from tests.benchmarks.tables import Table
from tests.benchmarks.variants import APPS, ERRORS_ONLY, LABELS, STOCK
from tests.harness.server import environment

PAIRS = 20  # of interpreters, in one round
PEAK = "print([int(line.split()[1]) / 1024 for line in open('/proc/self/status') if line.startswith('VmHWM')][0])"
MODULES = "import sys; print(len(sys.modules))"
# A built-in module's finder is the first to be asked after ours, and takes the least.
IMPORT = """
import json, sys, time
finders = {
    "empty": [finder for finder in sys.meta_path if type(finder).__module__ != "sitecustomize"],
    "ours": list(sys.meta_path),
}
assert len(finders["ours"]) == len(finders["empty"]) + 1
def run(name):
    sys.meta_path[:] = finders[name]
    start = time.process_time()
    for _ in range(500):
        sys.modules.pop("errno", None)
        __import__("errno")
    return (time.process_time() - start) / 500 * 1e6
best = {}
for _ in range(20):
    for name in finders:
        best[name] = min(run(name), best.get(name, 1e9))
print(json.dumps({name: {"µs": taken} for name, taken in best.items()}))
"""


def measure(conditions: Conditions, number: int) -> Iterator[Round]:
    """Yield pairs of interpreters, in turn, with an empty sitecustomize and with the bootstrap."""
    python = conditions.environments.python(MINIMAL, "sentry")
    with tempfile.TemporaryDirectory() as empty:
        (Path(empty) / "sitecustomize.py").touch()
        paths = {"empty": empty, "ours": conditions.environments.bootstrap(python)}
        for path in paths.values():
            milliseconds(python, _with_path(path))  # writes the bytecode, warms the disk
        for pair in range(2 if conditions.quick else PAIRS):
            names = in_turn(list(paths), pair)
            yield {
                "interpreter": {
                    name: {"ms": milliseconds(python, _with_path(paths[name]))} for name in names
                },
                "memory": {name: {"MB": _printed(python, paths[name], PEAK)} for name in names},
            }
        yield {"import": json.loads(output([python, "-c", IMPORT], _with_path(paths["ours"])))}
        yield {"modules": {name: {"modules": _printed(python, paths[name], MODULES)} for name in paths}}
    yield {"child": _children(conditions, number)}


def milliseconds(python: str, environ: dict[str, str]) -> float:
    """Return the time from the start of an interpreter that does nothing to its end."""
    start = time.perf_counter()
    subprocess.run([python, "-c", "pass"], env=environ, check=True)
    return (time.perf_counter() - start) * 1000


def _printed(python: str, path: str, code: str) -> float:
    return float(output([python, "-c", code], _with_path(path)))


def _with_path(path: str) -> dict[str, str]:
    return environment({"PYTHONPATH": path}, bootstrap=False)


def _children(conditions: Conditions, number: int) -> dict[str, dict[str, float]]:
    """Return what an interpreter takes that is started by an instrumented one."""
    measured = {}
    for variant in in_turn([variant for variant in conditions.variants if variant is not STOCK], number):
        started = conditions.start(variant, ERRORS_ONLY, MINIMAL, "")
        command = [*started.python, str(APPS / "idle_child.py")]
        seconds, megabytes = json.loads(output(command, started.environ).splitlines()[-1])
        measured[variant.name] = {"ms": seconds * 1000, "MB": megabytes}
    return measured


def tables(rounds: Sequence[Round]) -> Iterator[Table]:
    """Yield the pairs' differences, and what each product charges."""
    rows = [
        (label, *_pair(rounds, case, unit))
        for label, case, unit in (
            ("wall time", "interpreter", "ms"),
            ("peak memory", "memory", "MB"),
            ("modules", "modules", "modules"),
            ("an import that is no trigger", "import", "µs"),
        )
    ]
    yield Table("An interpreter that serves nothing", ["", "empty", "bootstrap", "more, by pairs"], rows)
    yield Table(
        "The same, started by an instrumented process",
        ["", "ms", "more ms", "MB"],
        [
            (
                LABELS[name],
                f"{ratios.median(rounds, 'child', name, 'ms'):.1f}",
                f"{ratios.difference(rounds, 'child', name, 'raw', 'ms'):+.1f}",
                f"{ratios.median(rounds, 'child', name, 'MB'):.1f}",
            )
            for name in ratios.variants(rounds, "child", LABELS)
        ],
    )


def _pair(rounds: Sequence[Round], case: str, unit: str) -> tuple[str, str, str]:
    values = [ratios.median(rounds, case, name, unit) for name in ("empty", "ours")]
    more = ratios.difference(rounds, case, "ours", "empty", unit)
    return (f"{values[0]:.2f} {unit}", f"{values[1]:.2f} {unit}", f"{more:+.2f} {unit}")


def promises(rounds: Sequence[Round]) -> Iterator[Bar]:
    """Yield what is promised of an idle interpreter."""
    for promise, case, limit, unit, digits in (
        ("idle interpreter over an empty sitecustomize", "interpreter", 0.4, "ms", 2),
        ("idle interpreter, added imports", "modules", 0, "modules", 0),
        ("idle interpreter, added memory", "memory", 0.3, "MB", 2),
        ("an import that is no trigger", "import", 1.0, "µs", 2),
    ):
        more = ratios.difference(rounds, case, "ours", "empty", unit)
        yield bars.at_most(promise, limit, more, f" {unit}".replace(" modules", ""), digits)


def charts(rounds: Sequence[Round]) -> Iterator[Chart]:
    """Yield what each product charges every interpreter."""
    names = [name for name in ratios.variants(rounds, "child", LABELS) if name != "raw"]
    more = {name: max(0.0, ratios.difference(rounds, "child", name, "raw", "ms")) for name in names}
    yield Chart(
        "idle", "An interpreter that serves nothing: ms more than without", "{:.1f}", [Group("", more)]
    )
