"""What was measured, kept between runs: each part's last results, and on what machine they were found."""

from __future__ import annotations

import datetime
import json
import os
import platform
import re
from pathlib import Path
from typing import Any

from tests.harness.server import ROOT

RESULTS = ROOT / ".cache" / "benchmarks.json"


def load(path: Path) -> dict[str, Any]:
    """Return the results by part; none if there are none."""
    return json.loads(path.read_text()) if path.exists() else {}


def keep(path: Path, part: str, **found: Any) -> None:
    """Replace a part's results by what was found, with the machine that it was found on."""
    kept = {"machine": machine(), **found}
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


def circumstances(results: dict[str, Any]) -> str:
    """Return the machines, Pythons and days of these results."""
    machines = {
        f"{machine['processor']}, {machine['cores']} cores, Python {machine['python']}, {machine['day']}"
        for machine in (part["machine"] for part in results.values())
    }
    return "; ".join(sorted(machines))


def releases(results: dict[str, Any]) -> str:
    """Return what was measured, and in which releases."""
    found = {name: release for part in results.values() for name, release in part["releases"].items()}
    return ", ".join(f"{name} {release}" for name, release in sorted(found.items()))
