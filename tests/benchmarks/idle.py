"""Measure what the bootstrap costs an interpreter that serves nothing, over an empty sitecustomize.

Run as `python tests/benchmarks/idle.py [PAIRS]`: pairs of interpreters in turn, so that drift hits both alike.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BOOTSTRAP = Path(__file__).parents[2] / "sentry_asgi_autoconf" / "bootstrap"


def seconds(directory: str) -> float:
    """Give the wall time of one idle interpreter with `directory` on PYTHONPATH."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environ = {**inherited, "PYTHONPATH": directory}
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], env=environ, check=True)
    return time.perf_counter() - start


def pair(empty: str, bootstrap: str, *, ours_first: bool) -> tuple[float, float]:
    """Give the times without and with us; which runs first matters, so it takes turns."""
    if ours_first:
        ours = seconds(bootstrap)
        return seconds(empty), ours
    return seconds(empty), seconds(bootstrap)


def main(pairs: int) -> None:
    """Print the medians, and the median of the differences pair by pair."""
    with tempfile.TemporaryDirectory() as empty:
        (Path(empty) / "sitecustomize.py").touch()
        for directory in (empty, str(BOOTSTRAP)) * 3:
            seconds(directory)  # writes the bytecode, warms the disk
        runs = [pair(empty, str(BOOTSTRAP), ours_first=bool(number % 2)) for number in range(pairs)]
    without, with_us = (statistics.median(times) * 1000 for times in zip(*runs, strict=True))
    differences = [(ours - theirs) * 1000 for theirs, ours in runs]
    print(f"empty sitecustomize {without:.2f} ms, bootstrap {with_us:.2f} ms (medians of {pairs} pairs)")
    print(f"difference pair by pair: median {statistics.median(differences):.2f} ms")
    print(f"ratio: {with_us / without:.3f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
