"""The pictures show what the commands show."""

from __future__ import annotations

import subprocess
import sys

from tests.harness.server import ROOT, environment


def test_the_pictures_of_terminals_are_what_the_commands_show() -> None:
    command = [sys.executable, "docs/generate_pictures.py", "--check"]
    environ = {**environment(bootstrap=False), "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, ""), result.stderr
