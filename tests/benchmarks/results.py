"""What was measured, kept between runs: each part's last rounds, and on what machine and of what they were."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
from pathlib import Path
from typing import Any, Mapping

from tests.benchmarks.ratios import Round
from tests.harness.server import ROOT

RESULTS = ROOT / ".cache" / "benchmarks.json"


def load(path: Path) -> dict[str, Any]:
    """Return the results by part; none if there are none."""
    return json.loads(path.read_text()) if path.exists() else {}


def keep(path: Path, part: str, times: int, rounds: list[Round], releases: Mapping[str, str]) -> None:
    """Replace a part's results, which were measured so many times."""
    kept = {"machine": machine(), "releases": dict(releases), "times": times, "rounds": rounds}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**load(path), part: kept}, indent=1, ensure_ascii=False) + "\n")


def machine() -> dict[str, Any]:
    """Tell the machine, the Python and the day."""
    found = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return {
        "processor": found[1] if found else platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "day": datetime.date.today().isoformat(),
    }
