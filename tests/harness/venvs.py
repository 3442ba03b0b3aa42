"""Environments of their own for other releases of Python, servers and the SDK, kept between runs."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.harness.server import ROOT

CACHE = ROOT / ".cache" / "venvs"
WHEELS = ROOT / ".cache" / "wheels"
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"


def interpreters() -> dict[str, str]:
    """Return the Pythons that the package supports and this machine has, by minor version; the running one always."""
    found = {f"{sys.version_info.major}.{sys.version_info.minor}": sys.executable}
    others: dict[str, Any]
    if PYENV.is_dir():  # whose commands on the path are there for releases, too, that it does not have
        others = {
            python.parts[-3].rpartition(".")[0]: python for python in sorted(PYENV.glob("3.*/bin/python"))
        }
    else:
        others = {f"3.{minor}": shutil.which(f"python3.{minor}") for minor in range(7, 30)}
    for minor, python in others.items():
        if python and int(minor.partition(".")[2]) >= 7:
            found.setdefault(minor, str(python))
    return found


def venv(python: str, *requirements: str) -> str:
    """Return the Python of an environment that holds `requirements`, made if it does not exist yet."""
    key = hashlib.sha256("\n".join([python, *requirements]).encode()).hexdigest()[:16]
    CACHE.mkdir(parents=True, exist_ok=True)
    directory = CACHE / key
    with (CACHE / f"{key}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "complete").exists():
            shutil.rmtree(directory, ignore_errors=True)
            _run(python, "-m", "venv", str(directory))
            _run(str(directory / "bin" / "python"), "-m", "pip", "install", "--quiet", *requirements)
            (directory / "complete").touch()
    return str(directory / "bin" / "python")


def pip() -> list[str]:
    """Return the command of pip, which not every environment has: of this one, or of one that is made for it."""
    has_pip = importlib.util.find_spec("pip") is not None
    return [sys.executable if has_pip else venv(sys.executable, "pip"), "-m", "pip"]


def wheel(source: Path = ROOT) -> Path:
    """Return a wheel of a source as it is now: what users have, with no path of an editable installation."""
    directory = WHEELS / contents(source)
    if not directory.exists():
        WHEELS.mkdir(parents=True, exist_ok=True)
        built = tempfile.mkdtemp(dir=WHEELS)
        _run(*pip(), "wheel", "--quiet", "--no-deps", "--wheel-dir", built, str(source))
        with contextlib.suppress(OSError):  # another process of the tests has done the same
            Path(built).rename(directory)
    (found,) = directory.glob("*.whl")
    return found


def contents(source: Path = ROOT) -> str:
    """Return a hash of all that a wheel of a source has."""
    found = sorted(path for path in (source / "sentry_asgi_autoconf").rglob("*") if path.is_file())
    examples = (source / "sitecustomize_example" / name for name in ("gateway.py", "main.py"))
    others = [source / "pyproject.toml", *examples]
    files = [*others, *(path for path in found if path.suffix != ".pyc")]
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()[:16]


def installed_beside(directory: Path, source: Path = ROOT) -> Path:
    """Install the package, without what it needs, into `directory`, as an init container does; give its bootstrap."""
    target = directory / "instrumentation"
    _run(*pip(), "install", "--quiet", "--no-deps", "--target", str(target), str(wheel(source)))
    return target / "sentry_asgi_autoconf" / "bootstrap"


def release_beside(directory: Path, requirement: str) -> Path:
    """Install one release, without what it needs, to go before an environment's own; give its directory."""
    options = ["--quiet", "--no-deps", "--target", str(directory)]
    _run(*pip(), "install", *options, requirement)
    return directory


def _run(*command: str) -> None:
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise AssertionError(f"{' '.join(command)} failed:\n{result.stdout}{result.stderr}")
