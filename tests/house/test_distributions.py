"""What is released: sound archives, and a wheel that installs on every Python."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from sentry_asgi_autoconf import __version__
from tests.harness.server import ROOT, environment
from tests.harness.venvs import interpreters, venv, wheel


def run(*command: str, cwd: Path = ROOT) -> str:
    """Return what a command prints; it is to succeed."""
    result = subprocess.run(
        command, cwd=cwd, env=environment(bootstrap=False), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_sdist_and_wheel_are_sound(tmp_path: Path) -> None:
    python = venv(sys.executable, "build", "twine", "check-wheel-contents")
    run(python, "-m", "build", "--quiet", "--outdir", str(tmp_path))
    built = sorted(tmp_path.iterdir())
    run(python, "-m", "twine", "check", "--strict", *map(str, built))
    wheels = [str(path) for path in built if path.suffix == ".whl"]
    run(str(Path(python).with_name("check-wheel-contents")), *wheels)
    with zipfile.ZipFile(wheels[0]) as archive:
        names = archive.namelist()
        (metadata,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        text = archive.read(metadata).decode()
    assert not [name for name in names if re.search(r"tests/|\.pyc$|\.cache", name)]
    for minor in range(7, 15):
        assert f"Classifier: Programming Language :: Python :: 3.{minor}\n" in text
    # A package index shows the page without the files beside it.
    body = text.partition("\n\n")[2]
    assert not re.findall(r"^\[[^\]]+\]: (?!https://)\S+", body, re.M)
    assert not re.findall(r"\]\((?!https://)[^)]*\)", body)
    (sdist,) = (path for path in built if path.name.endswith(".tar.gz"))
    with tarfile.open(sdist) as source:
        assert any(name.endswith("/tests/conftest.py") for name in source.getnames())


@pytest.mark.parametrize("minor", interpreters())
def test_the_wheel_installs_and_its_command_runs(minor: str, tmp_path: Path) -> None:
    run(interpreters()[minor], "-m", "venv", str(tmp_path / "venv"))
    programs = tmp_path / "venv" / "bin"
    run(str(programs / "python"), "-m", "pip", "install", "--quiet", str(wheel()))
    program = str(programs / "sentry-asgi-autoconf")
    assert run(program, "--version", cwd=tmp_path) == f"sentry-asgi-autoconf {__version__}\n"
    assert json.loads(run(program, "config", "--json", cwd=tmp_path))["valid"] is True
    assert "Every setting is at its default." in run(program, "config", cwd=tmp_path)
