"""What a process that a bundle instruments finds more than the same without us."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

from tests.fleet.bundles import bundle
from tests.harness.server import Server, uvicorn

TOLD = ("modules", "importable", "distributions")
THREE = ["certifi", "sentry_sdk", "urllib3"]
OWN = "sentry_asgi_autoconf"


def more_than_bare(
    start: Callable[..., Server], python: str, directory: Path, **environ: str
) -> dict[str, list[str]]:
    """Serve an app that tells what it finds, bare and with a bundle; return what there is more beside this package.

    Modules of the standard library are left out.
    """
    for name in ("__main__.py", "sitecustomize.py"):
        (directory / name).touch()
    bare, found = (
        start(uvicorn("found:app", python=python), {**environ, "PYTHONPATH": str(root)})
        .ready()
        .get("/")
        .json()
        for root in (directory, bundle())
    )
    more = {told: sorted({*found[told]} - {*bare[told]} - {OWN}) for told in TOLD}
    known = getattr(sys, "stdlib_module_names", ())
    more["modules"] = [name for name in more["modules"] if name not in known and not name.startswith("_")]
    return more
