"""Run a command to its end."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Mapping, Sequence


def output(command: Sequence[str], environ: Mapping[str, str] | None = None, cwd: Path | None = None) -> str:
    """Return what the command prints. Raises AssertionError with what it says on stderr too if it fails."""
    result = subprocess.run(command, env=environ, cwd=cwd, capture_output=True, text=True, check=False)
    if result.returncode:
        raise AssertionError(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")
    return result.stdout
