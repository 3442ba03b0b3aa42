"""Run `check` as a person does, and look up what it found."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Mapping

from tests.cli.command_line import around
from tests.harness.server import APPS, BOOTSTRAP, DEADLINE, ROOT

DSN = "http://d3adb33f@127.0.0.1:9/42"
# In order: nothing of these is what a test is about, unless it says so.
SOUND = {
    "PYTHONPATH": f"{BOOTSTRAP}:{ROOT}",
    "SENTRY_DSN": DSN,
    "SENTRY_AUTO_ENABLING_INTEGRATIONS": "false",
    "VIRTUAL_ENV": None,
}
UNTRIED = "delivery was not tried: --send does so"

# Every name that is printed has its explanation.
_EXPLAINED = set(
    re.findall(
        r"^(?:## |\| `)([a-z0-9-]+)(?:$|` \|)",
        "".join((ROOT / "docs" / f"{page}.md").read_text() for page in ("troubleshooting", "messages")),
        re.MULTILINE,
    )
)


class Checked:
    """What `check` printed, and its exit status."""

    def __init__(self, result: subprocess.CompletedProcess[str]) -> None:
        assert result.stderr == "", result.stderr
        self.status = result.returncode
        self.text = result.stdout
        printed = set(re.findall(r"^(?:ok|warning|error) .* \[(\S+)\]$", self.text, re.MULTILINE))
        assert printed <= _EXPLAINED, printed - _EXPLAINED

    def line(self, slug: str) -> str:
        """Return the one line of that name."""
        lines: list[str] = re.findall(rf"^(?:ok|warning|error) .* \[{slug}\]$", self.text, re.MULTILINE)
        assert len(lines) == 1, self.text
        return lines[0]

    def slugs(self, level: str) -> list[str]:
        """Return the names of the lines of a level."""
        lines = [line for line in self.text.splitlines() if line.startswith(f"{level} ")]
        return [line.rpartition("[")[2].rstrip("]") for line in lines]

    def json(self) -> Any:
        """Return what was printed as JSON."""
        return json.loads(self.text)


def check(
    *words: str,
    environ: Mapping[str, str | None] | None = None,
    cwd: Path = APPS,
    options: tuple[str, ...] = (),
    python: str = sys.executable,
    program: tuple[str, ...] = ("-m", "sentry_asgi_autoconf"),
) -> Checked:
    """Run the command in a sound environment with these changes, by an interpreter with these options."""
    return Checked(
        subprocess.run(
            [python, *options, *program, "check", *words],
            env=around({**SOUND, **(environ or {})}),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=2 * DEADLINE,
            check=False,
        )
    )


def distribution(directory: Path, name: str, version: str, entry_points: str = "", module: str = "") -> str:
    """Write a distribution into a directory, and give a PYTHONPATH on which it hides an installed one."""
    metadata = directory / f"{name.replace('-', '_')}-{version}.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (metadata / "entry_points.txt").write_text(entry_points)
    (directory / f"{name.replace('-', '_')}.py").write_text(module)
    return f"{BOOTSTRAP}:{directory}:{ROOT}"
