"""Start the command line in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Mapping

from tests.harness.server import DEADLINE, ROOT, environment

CLI = [sys.executable, "-m", "sentry_asgi_autoconf"]


def around(changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return a clean environment in which the package is found, with `changes`; None removes a variable."""
    merged = {**environment(bootstrap=False), "PYTHONPATH": str(ROOT), **changes}
    return {name: value for name, value in merged.items() if value is not None}


def cli(
    *words: str, cwd: Path | None = None, environ: Mapping[str, str | None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        [*CLI, *words],
        env=around(environ or {}),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
