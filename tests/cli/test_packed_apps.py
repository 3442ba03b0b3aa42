"""An app that is packed with its own Python reads no PYTHONPATH: `check` says so, and what it advises works."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from tests.cli.checking import check
from tests.harness.envelopes import Project
from tests.harness.server import APPS, Server
from tests.harness.venvs import venv, wheel

PLAIN = "import uvicorn\nfrom raw3 import app\nuvicorn.run(app, port=0)\n"
WRAPPED = PLAIN.replace("run(app", "run(sentry_asgi_autoconf.wrap(app)").replace(
    "import uvicorn", "import sentry_asgi_autoconf, uvicorn"
)
BY_NAME = ("--collect-submodules=sentry_asgi_autoconf", "--copy-metadata=sentry-asgi-autoconf")


def pex(python: str, directory: Path) -> str:
    """Pack the program main.py, which lies in `directory`, and the environment."""
    repository = f"--venv-repository={Path(python).parents[1]}"
    run(python, "-m", "pex", repository, "-D.", "-mmain", "-oapp.pex", cwd=directory)
    return str(directory / "app.pex")


def one_file(python: str, directory: Path) -> str:
    """Make one file of them."""
    run(python, "-m", "PyInstaller", "--onefile", *BY_NAME, "main.py", cwd=directory)
    return str(directory / "dist" / "main")


def run(*command: str, cwd: Path) -> None:
    """Run a command that succeeds."""
    subprocess.run(command, cwd=cwd, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("pack", [pex, one_file])
def test_check_names_what_has_packed_the_app_and_its_advice_works(
    pack: Callable[[str, Path], str], start: Callable[..., Server], project: Project, tmp_path: Path
) -> None:
    packer = "PEX" if "pex" in pack.__name__ else "PyInstaller"
    python = venv(sys.executable, "uvicorn", "pex", "pyinstaller", str(wheel()))
    shutil.copy(APPS / "raw3.py", tmp_path)
    (tmp_path / "main.py").write_text(PLAIN)
    checked = check("--", pack(python, tmp_path))
    assert checked.slugs("error") == ["packed-app"], checked.text
    assert f"packed by {packer}" in checked.text
    (tmp_path / "main.py").write_text(WRAPPED)
    server = start((pack(python, tmp_path),), {"PYTHONPATH": None}, bootstrap=False)
    server.provoke()
    project.wait("event")
    server.stop()
