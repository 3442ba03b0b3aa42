"""Find out where the time of a request goes: whose it is, in which functions, and how little would do.

python -m tests.benchmarks.profile --publish    # writes docs/where-time-goes.md
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import rich
from rich.progress import track

from tests.benchmarks import results, tables
from tests.benchmarks.cases import Case
from tests.benchmarks.commands import output
from tests.benchmarks.conditions import Conditions
from tests.benchmarks.environments import Environments
from tests.benchmarks.parts.cpu import AT_ONCE, CASES, microseconds
from tests.benchmarks.sink import Sink
from tests.benchmarks.tables import Table, as_markdown, write_below
from tests.benchmarks.variants import APPS, LABELS, OURS, RAW, STOCK, Variant
from tests.harness.server import ROOT

BEGIN = "<!-- What follows is written by: python -m tests.benchmarks.profile --publish -->"
PAGE = "where-time-goes.md"
SECONDS = 6  # of CPU, for each case
OWNERS = {
    "ours": "ours",
    "sdk": "the SDK's",
    "framework": "the framework's",
    "rest": "the app's and the loop's",
}
THREADS = "other threads'"
STEPS = {
    "request": "each request: two scopes forked, the trace continued, one event processor",
    "event": "each transaction: its dictionaries",
    "serializer": "the SDK's serializer",
    "json": "JSON",
    "gzip": "gzip",
    "post": "one POST on a connection that is kept",
}


class Profile(NamedTuple):
    """What a request takes, in µs: in all, by owner, in other threads, and in the functions that take the most."""

    total: float
    owners: dict[str, float]
    threads: float
    functions: list[tuple[str, str, float]]


class Found(NamedTuple):
    """What a case takes without instrumentation, and its profiles by variant."""

    raw: float
    profiles: dict[str, Profile]


def profiled(conditions: Conditions, case: Case, variant: Variant) -> Profile:
    """Return the profile of a case."""
    seconds = 0.3 if conditions.quick else SECONDS
    at_once = AT_ONCE if case.setting.sends_all else 0
    found = _run(conditions, "profiled.py", case, variant, str(seconds), str(at_once))
    here = found["µs"] * (1 - found["threads"])
    others = found["µs"] - here
    owners = {owner: found["owners"].get(owner, 0.0) * here for owner in OWNERS}
    functions = [(OWNERS[owner], name, share * here) for owner, name, share in found["functions"]]
    functions += [(THREADS, name, share * others) for _, name, share in found["functions of threads"]]
    return Profile(found["µs"], owners, others, functions)


def least(conditions: Conditions, case: Case) -> dict[str, float]:
    """Return the µs of each step without which what is promised of an app cannot be kept."""
    return {name: float(value) for name, value in _run(conditions, "least.py", case, STOCK).items()}


def _run(
    conditions: Conditions, program: str, case: Case, variant: Variant, *arguments: str
) -> dict[str, Any]:
    started = conditions.start(variant, case.setting, case.libraries, case.app)
    command = [*started.python, str(APPS / program), started.app, case.path, *arguments]
    found: dict[str, Any] = json.loads(output(command, started.environ, APPS))
    return found


def limit(found: Found, steps: dict[str, float], case: Case) -> float:
    """Return what a request takes at the very least: without instrumentation, and what of the steps it needs."""
    rate = 0.0 if case.setting.excludes else case.setting.rate or 0.0
    return found.raw + steps["request"] + rate * sum(steps[name] for name in STEPS if name != "request")


def sections(measured: dict[Case, Found], steps: dict[str, dict[str, float]]) -> Iterator[Table]:
    """Yield whose the time is, the least of each app, and the functions of each case."""
    rows = []
    for case, found in measured.items():
        for variant, profile in found.profiles.items():
            shares = (*profile.owners.values(), profile.threads)
            cells = (f"{each:.0f} ({each / profile.total:.0%})" for each in shares)
            needed = f"{limit(found, steps[case.app], case):.0f}"
            rows.append((f"{case.name}: {LABELS[variant]}", f"{profile.total:.0f}", *cells, needed))
    columns = ["µs a request", "in all", *OWNERS.values(), THREADS, "the least"]
    yield Table("Whose the time is", columns, rows)

    apps = {case.app: case.label for case in measured}
    yield Table(
        "The least",
        ["µs", *apps.values()],
        [(STEPS[name], *(f"{steps[app][name]:.1f}" for app in apps)) for name in STEPS],
    )
    for case, found in measured.items():
        profile = found.profiles["ours"]
        functions = [
            (f"`{name}`", whose, f"{taken:.1f}", f"{taken / profile.total:.1%}")
            for whose, name, taken in profile.functions
        ]
        yield Table(f"{case.name}: functions", ["", "whose", "µs a request", "share"], functions)


def main() -> None:
    """Profile each case of the part `cpu`, show what was found, and publish it."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.profile", description=__doc__)
    parser.add_argument("--python", default=sys.executable, help="the Python that the environment is made of")
    parser.add_argument("--here", action="store_true", help="the running interpreter is the environment")
    parser.add_argument("--quick", action="store_true", help="profile little, to see that it works")
    parser.add_argument("--publish", action="store_true", help="write the page of the documentation")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where the page is")
    given = parser.parse_args()
    with Sink() as sink:
        environments = Environments(given.python, here=given.here)
        conditions = Conditions(sink, environments, has_peers=False, quick=given.quick)
        cases = CASES[:1] if given.quick else CASES
        measured = {case: _found(conditions, case) for case in track(cases, "profiles")}
        steps = {case.app: least(conditions, case) for case in measured}
    found = list(sections(measured, steps))
    for table in found:
        rich.print(tables.for_terminal(table))
    if given.publish:
        machine = {"profile": {"machine": results.machine(), "releases": environments.releases}}
        said = [f"## Results\n\n{results.circumstances(machine)}.\n\n{results.releases(machine)}.\n"]
        write_below(BEGIN, given.docs / PAGE, said + [as_markdown(table) for table in found])


def _found(conditions: Conditions, case: Case) -> Found:
    profiles = {variant.name: profiled(conditions, case, variant) for variant in (STOCK, OURS)}
    return Found(microseconds(conditions, case, RAW), profiles)


if __name__ == "__main__":
    main()
