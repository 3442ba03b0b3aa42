"""Measure coverage and write `docs/coverage.md`: `python -m tests.coverage [--add | --last] [arguments of pytest]`.

Without arguments it is that of the default run. It takes twice as long: servers are asked to end, so that they leave
what they have measured, and are killed only if they do not. Some tests may fail, as each process imports what measures.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys

from tests.coverage.page import render
from tests.coverage.reasons import unexplained
from tests.coverage.unreached import PACKAGE, blocks_of
from tests.harness.server import ROOT

CACHE = ROOT / ".cache" / "coverage"
DATA, RESULT, SELECTION = CACHE / "data", CACHE / "result.json", CACHE / "selection.txt"
PAGE = ROOT / "docs" / "coverage.md"


def main() -> int:
    """Return 1 if a test failed, or lines have no reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.coverage", description=__doc__)
    either = parser.add_mutually_exclusive_group()
    either.add_argument("--add", action="store_true", help="add to the last data: for a run in several parts")
    either.add_argument(
        "--last", action="store_true", help="measure nothing: write the page of the last data"
    )
    arguments, of_pytest = parser.parse_known_args()
    status = 0 if arguments.last else _measure(of_pytest, is_more=arguments.add)
    report = json.loads(RESULT.read_text())
    blocks = blocks_of(report)
    PAGE.write_text(render(report, blocks, SELECTION.read_text().splitlines()))
    for block in unexplained(blocks):
        print(f"no reason: {block}")
    print(
        f"{report['totals']['percent_covered']:.1f} % of statements and branches; see {PAGE.relative_to(ROOT)}"
    )
    return status or bool(unexplained(blocks))


def _measure(of_pytest: list[str], *, is_more: bool) -> int:
    """Run the tests; return pytest's exit status."""
    if not is_more:
        shutil.rmtree(CACHE, ignore_errors=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    with SELECTION.open("a") as file:
        file.write(f"{shlex.join(of_pytest)}\n")
    data = f"--data-file={DATA}"
    status = _coverage("run", data, f"--source={PACKAGE}", "-m", "pytest", *of_pytest)
    _coverage("combine", data, "--append", "--quiet")
    _coverage("json", data, "-o", str(RESULT), "--quiet")
    return status


def _coverage(*words: str) -> int:
    # No setting of the caller's own measurement.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-m", "coverage", *words]
    return subprocess.run(command, cwd=ROOT, env=environ, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
