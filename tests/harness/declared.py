"""Distributions that declare policies and configurators, as an installer leaves them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Mapping

from tests.harness.server import APPS, BOOTSTRAP

POLICIES = "sentry_asgi_autoconf.policies"
CONFIGURATORS = "sentry_asgi_autoconf.configurators"


def distribution(directory: Path, code: str, entries: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Write a distribution with the module `acme` and these entry points by group; give the variables to find it."""
    lines = []
    for group, points in entries.items():
        lines += [f"[{group}]", *(f"{name} = {value}" for name, value in points.items()), ""]
    return with_metadata(directory, code, "\n".join(lines).encode())


def with_metadata(directory: Path, code: str, entry_points: bytes) -> dict[str, str]:
    """Write one whose file of entry points has this content."""
    metadata = directory / "acme-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (metadata / "RECORD").write_text("acme.py,,\nacme-1.0.dist-info/entry_points.txt,,\n")
    (metadata / "entry_points.txt").write_bytes(entry_points)
    (directory / "acme.py").write_text(code + "\n")
    return {"PYTHONPATH": os.pathsep.join([str(BOOTSTRAP), str(directory), str(APPS)])}
