"""Real processes, one for each boot, in little time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Mapping, NamedTuple

from tests.harness.server import APPS, ROOT, environment

_KEPT = ("HOME", "PATH")


class Boot(NamedTuple):
    """How a process ended, what it wrote, and what its code reported."""

    status: int
    output: str
    report: dict[str, Any]

    @property
    def lines(self) -> list[str]:
        """What the package said."""
        return [line for line in self.output.splitlines() if line.startswith("sentry-asgi-autoconf: ")]


class Boots:
    """What starts them; it works in a directory of its own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.harness.booting"],
            env=environment({"PYTHONPATH": os.pathsep.join([str(ROOT), str(APPS)])}, bootstrap=False),
            cwd=directory,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def boot(self, environ: Mapping[str, str], code: str, given: Any = None) -> Boot:
        """Run `code` in a process with this environment: it finds `given`, and puts what it finds into `report`."""
        assert self._process.stdin
        assert self._process.stdout
        files = {name: str(self._directory / name) for name in ("output", "report")}
        kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
        order = {"environ": {**kept, **environ}, "code": code, "given": given, **files}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        status = int(self._process.stdout.readline())
        output = Path(files["output"]).read_text("utf-8", "backslashreplace")
        return Boot(status, output, json.loads(Path(files["report"]).read_text()))

    def end(self) -> None:
        """Start no more."""
        self._process.communicate()
