"""A bundle of the package as it is now, made once, and the wheels to make further ones from."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.harness.server import ROOT, environment
from tests.harness.venvs import contents, interpreters, pip

_CACHE = ROOT / ".cache" / "bundles"
# The first Pythons of each folder: those that are newer share the last one's.
PYTHONS = ("3.7", "3.8", "3.9", "3.10", "3.11")


def bundle() -> Path:
    """Return a bundle for all Pythons, of wheels from pip's index."""
    directory = _CACHE / contents()
    _once(directory, lambda to: write(to, "--python", ",".join(PYTHONS)))
    return directory


def copied_bundle(directory: Path) -> Path:
    """Return a copy of it, to damage."""
    return Path(shutil.copytree(bundle(), directory / "bundle"))


def wheelhouse() -> Path:
    """Return a directory with the wheels that this Python needs."""
    directory = _CACHE / "wheels"
    command = [*pip(), "download", "--quiet", "--only-binary=:all:", "sentry-sdk", "--dest"]
    _once(directory, lambda to: subprocess.run([*command, to], check=True))
    return directory


def write(
    directory: Path, *options: str, check: bool = True, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run `bundle`."""
    command = [sys.executable, "-m", "sentry_asgi_autoconf", "bundle", str(directory), *options]
    variables = environment(environ, bootstrap=False)
    return subprocess.run(command, env=variables, capture_output=True, text=True, check=check, cwd=ROOT)


def oldest_and_newest() -> dict[str, str]:
    """Return two of the Pythons at hand."""
    found = sorted(interpreters().items(), key=lambda each: int(each[0].partition(".")[2]))
    return dict([found[0], found[-1]])


def _once(directory: Path, make: Any) -> None:
    _CACHE.mkdir(parents=True, exist_ok=True)
    with Path(f"{directory}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            making = Path(f"{directory}.{os.getpid()}")
            make(making)
            making.rename(directory)
