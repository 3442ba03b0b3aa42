"""The tests that a distribution ships in its sdist, at the release that is installed here; kept between runs."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
import tempfile
from importlib import metadata
from pathlib import Path

from tests.harness.server import ROOT
from tests.harness.venvs import pip

CACHE = ROOT / ".cache" / "conformance"


def tests_of(distribution: str) -> Path:
    """Return the directory that holds the tests and their configuration, and nothing that could be imported instead.

    What is tested is the distribution that is installed beside them, not the one in the sdist.
    """
    version = metadata.version(distribution)
    # Warnings of files that have the SDK's name in their path fail its tests.
    directory = CACHE / f"{distribution.replace('-', '')}-{version}"
    if not directory.exists():
        with tempfile.TemporaryDirectory() as temporary:
            unpacked = _unpacked(f"{distribution}=={version}", Path(temporary))
            for path in unpacked.iterdir():
                if path.name not in ("tests", "pyproject.toml", "setup.cfg"):
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
            CACHE.mkdir(parents=True, exist_ok=True)
            shutil.copytree(unpacked, directory)
    return directory


def _unpacked(requirement: str, temporary: Path) -> Path:
    options = ["--quiet", "--no-binary", ":all:", "--no-deps", "--dest", str(temporary)]
    subprocess.run([*pip(), "download", *options, requirement], check=True)
    (sdist,) = temporary.glob("*.tar.gz")
    target = temporary / "unpacked"
    with tarfile.open(sdist) as archive:
        archive.extractall(target, filter="data")
    (unpacked,) = target.iterdir()
    return unpacked
