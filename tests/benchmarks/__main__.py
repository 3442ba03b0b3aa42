"""Measure what the product costs: `python -m tests.benchmarks`, see docs/benchmarks.md."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import rich
from rich.progress import track

from tests.benchmarks import results, tables
from tests.benchmarks.bars import Bar
from tests.benchmarks.conditions import Conditions
from tests.benchmarks.environments import Environments
from tests.benchmarks.parts import PARTS
from tests.benchmarks.ratios import Round
from tests.benchmarks.sink import Sink
from tests.harness import parts
from tests.harness.server import ROOT

ROUNDS = {
    "idle": 10,
    "boot": 10,
    "firsts": 5,
    "sources": 5,
    "cpu": 7,
    "settings": 7,
    "requests": 5,
    "throughput": 5,
    "latency": 3,
    "growth": 5,
}


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, help="how often each is measured, in turn")
    parser.add_argument("--python", default=sys.executable, help="the Python that environments are made of")
    parser.add_argument(
        "--here", action="store_true", help="the running interpreter is every environment: no other products"
    )
    parser.add_argument("--quick", action="store_true", help="measure little, to see that it works")
    parser.add_argument("--last", action="store_true", help="measure nothing: show the last results")
    parser.add_argument("--publish", action="store_true", help="write the page of the documentation")
    parser.add_argument("--results", type=Path, default=results.RESULTS, help="the file that keeps them")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where benchmarks.md is")
    return parts.read(parser, PARTS)


def measure(given: argparse.Namespace) -> None:
    """Measure the chosen parts one after the other, and keep what they give."""
    with Sink() as sink:
        environments = Environments(given.python, here=given.here)
        conditions = Conditions(sink, environments, has_peers=not given.here, quick=given.quick)
        for name in given.parts:
            rounds: list[Round] = []
            for number in track(range(given.rounds or ROUNDS[name]), name):
                rounds += PARTS[name].measure(conditions, number)
                # After each, so that what is interrupted leaves what it has.
                found = {"releases": environments.releases, "times": number + 1, "rounds": rounds}
                results.keep(given.results, name, **found)


def show(given: argparse.Namespace) -> None:
    """Print the tables of the chosen parts, and at the end whether each promise is kept."""
    bars: list[Bar] = []
    found = results.load(given.results)
    for name in given.parts:
        if name in found:
            for table in PARTS[name].tables(found[name]["rounds"]):
                rich.print(tables.for_terminal(table))
            bars += PARTS[name].promises(found[name]["rounds"])
    if bars:
        rich.print(tables.for_terminal(tables.of_bars(bars)))


def main() -> None:
    """Measure, show, publish."""
    given = arguments()
    if not given.last:
        measure(given)
    show(given)
    if given.publish:
        # Drawing takes matplotlib, which measuring does not.
        from tests.benchmarks.page import publish

        publish(results.load(given.results), given.docs)


if __name__ == "__main__":
    main()
