"""Let everything go wrong, and count what comes of it: `python -m tests.reliability`, see docs/reliability.md."""

from __future__ import annotations

import argparse
import sys
import time
from importlib import metadata
from pathlib import Path

from rich.console import Console

from tests.benchmarks import results, tables
from tests.harness import parts
from tests.harness.server import ROOT
from tests.reliability import overview
from tests.reliability.page import publish
from tests.reliability.parts import PARTS
from tests.reliability.rows import FULL, QUICK, Row, Scale
from tests.reliability.served import SERVERS

RESULTS = ROOT / ".cache" / "reliability.json"


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.reliability", description=__doc__)
    parser.add_argument(
        "--scale", type=float, default=FULL.share, help="the share of a full run's counts: 1.0"
    )
    parser.add_argument("--quick", action="store_true", help=f"the same as --scale {QUICK.share}")
    parser.add_argument("--last", action="store_true", help="run nothing: show the last results")
    parser.add_argument("--publish", action="store_true", help="write the page of the documentation")
    parser.add_argument("--results", type=Path, default=RESULTS, help="the file that keeps them")
    parser.add_argument("--docs", type=Path, default=ROOT / "docs", help="where reliability.md is")
    return parts.read(parser, PARTS)


def run(part: str, scale: Scale, file: Path, console: Console) -> None:
    """Run a part, say how each row came out, and keep them: after each, so that what is interrupted leaves some."""
    found: list[Row] = []
    began = time.monotonic()
    for row in PARTS[part].rows(scale):
        found.append(row)
        verdict = "; ".join(row.faults) or "as it should be"
        seconds = time.monotonic() - began
        console.print(f"{part}, {seconds:.0f} s: {row.case}: {verdict}", soft_wrap=True, highlight=False)
        kept = {"share": scale.share, "seconds": seconds, "releases": _releases()}
        results.keep(file, part, **kept, rows=[each._asdict() for each in found])


def _releases() -> dict[str, str]:
    return {name: metadata.version(name) for name in ("sentry-sdk", *SERVERS)}


def main() -> int:
    """Run, show, publish; the status is 0 if all is as it should be."""
    given = arguments()
    console = Console()
    if not given.last:
        for name in given.parts:
            run(name, QUICK if given.quick else Scale(given.scale), given.results, console)
    kept = results.load(given.results)
    found = {name: kept[name] for name in PARTS if name in kept}
    for name in given.parts:
        if name in found:
            console.print(tables.for_terminal(overview.of_part(name, found[name]["rows"])))
    console.print(tables.for_terminal(overview.of_all(found)))
    if given.publish:
        publish(found, given.docs)
    faults = overview.faults({name: found[name] for name in given.parts if name in found})
    for fault in faults:
        console.print(f"not as it should be: {fault}", soft_wrap=True, highlight=False)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
