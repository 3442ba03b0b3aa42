"""Run `config` in a directory of files, and read what it says."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any, Mapping

from tests.cli.command_line import cli
from tests.harness.server import ROOT

DSN = "https://examplePublicKey@o0.ingest.sentry.io/0"
SHOWN_DSN = "https://***@o0.ingest.sentry.io/0"


def config(
    *words: str, cwd: Path, environ: Mapping[str, str | None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `config` to its end, in no terminal."""
    return cli("config", *words, cwd=cwd, environ={"COLUMNS": None, **(environ or {})})


def explain(*words: str, cwd: Path, environ: Mapping[str, str | None] | None = None) -> dict[str, Any]:
    """Return what `config --json` prints; its status agrees with it."""
    result = config("--json", *words, cwd=cwd, environ=environ)
    explained: dict[str, Any] = json.loads(result.stdout)
    assert result.returncode == (0 if explained["valid"] else 1), result.stderr
    assert explained["valid"] == (not explained["problems"])
    return explained


def settings(*words: str, cwd: Path, environ: Mapping[str, str | None] | None = None) -> dict[str, Any]:
    """Return the settings that `config --json` shows, by name."""
    return {setting["name"]: setting for setting in explain(*words, cwd=cwd, environ=environ)["settings"]}


def declare(directory: Path, group: str, *points: str) -> str:
    """Install a distribution with these entry points into `directory`; give the PYTHONPATH that finds it."""
    information = directory / "acme-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    lines = "\n".join([f"[sentry_asgi_autoconf.{group}]", *points])
    (information / "entry_points.txt").write_text(f"{lines}\n")
    return f"{ROOT}:{directory}"
