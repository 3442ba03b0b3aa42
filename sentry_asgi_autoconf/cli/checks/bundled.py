"""The bundle that this package is a part of: whether each file is as the manifest says."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Iterator

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.cli.checks.findings import Finding, error, ok
from sentry_asgi_autoconf.cli.path import PACKAGE_DIRECTORY


def find_bundle() -> Iterator[Finding]:
    """Compare the bundle's files with its manifest, if there is a bundle."""
    root = entry_points.bundle_of(PACKAGE_DIRECTORY.parent)
    if root is None:
        return
    try:
        told = json.loads((root / entry_points.MANIFEST).read_text("utf-8"))
        version, files = str(told["version"]), dict(told["files"])
    except (OSError, ValueError, KeyError, TypeError):
        version, files = "unknown", {entry_points.MANIFEST: ""}
    other = [name for name, sha256 in sorted(files.items()) if _sha256(root / name) != sha256]
    if other:
        what = f"{len(other)} of {len(files)} files of the bundle {root} are missing or changed, first {other[0]}"
        yield error("bundle-damaged", f"{what}: lay it out anew.")
    else:
        yield ok("bundle", f"{root} is the bundle of release {version}, whole")


def _sha256(path: Path) -> str | None:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return None
