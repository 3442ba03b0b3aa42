"""Interpreters to install for, which a test may write to, and what is to be seen in them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.fleet.bundles import bundle
from tests.harness.server import environment, run
from tests.harness.venvs import venv

HOOKS = "import sys; print(sum(type(finder).__name__ == 'TriggerFinder' for finder in sys.meta_path))"


def base_like(python: str, root: Path) -> str:
    """Make an interpreter that is no virtual environment's, with links to what is in the library of another."""
    ask = "import sysconfig; print(sysconfig.get_path('stdlib'))"
    original = Path(run(ask, environment(bootstrap=False), python=python).stdout.strip())
    library = root / "lib" / original.name
    (library / "site-packages").mkdir(parents=True)
    (root / "bin").mkdir()
    for shared in original.parent.glob("libpython*"):
        (root / "lib" / shared.name).symlink_to(shared)
    for entry in original.iterdir():
        if entry.name not in ("site-packages", "__pycache__"):
            (library / entry.name).symlink_to(entry)
    return str(shutil.copy(os.path.realpath(python), root / "bin" / f"python{original.name[6:]}"))


def environment_of(python: str | Path, directory: Path) -> str:
    """Make an environment in which this Python's uvicorn is found, and return its interpreter."""
    subprocess.run(
        [python, "-m", "venv", "--without-pip", directory], check=True, env=environment(bootstrap=False)
    )
    (packages,) = directory.glob("lib/python*/site-packages")
    uvicorn = Path(venv(sys.executable, "uvicorn")).parents[1]
    (packages / "uvicorn.pth").write_text(str(next(uvicorn.glob("lib/python*/site-packages"))))
    return str(directory / "bin" / "python")


def command(*words: str, status: int = 0) -> str:
    """Run a command out of the bundle, and return what it says."""
    result = subprocess.run(
        [sys.executable, str(bundle()), *words],
        env=environment(bootstrap=False),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == status, result.stderr
    return str(result.stderr if status else result.stdout)


def hooks(python: str | Path, *options: str, **environ: str) -> str:
    """Return how many finders of ours an interpreter has, and see that it says nothing else."""
    result = run(HOOKS, environment(environ, bootstrap=False), *options, python=str(python))
    assert result.stderr == ""
    return str(result.stdout.splitlines()[-1])
