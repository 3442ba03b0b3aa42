"""Old and new releases of Python, uvicorn and the SDK, with the package in a directory of its own beside them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, environment, free_port, run, uvicorn
from tests.harness.venvs import installed_beside, interpreters, venv

Start = Callable[..., Server]
INTERPRETERS = interpreters()


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bootstrap directory of an installed wheel that no environment has on its path."""
    return installed_beside(tmp_path_factory.mktemp("beside"))


def check(python: str, options: list[str], bootstrap: Path, start: Start, project: Project) -> None:
    """Serve the plain ASGI app with this Python and see one event and one transaction arrive."""
    environ = {"PYTHONPATH": str(bootstrap), "SENTRY_ASGI_LOG_LEVEL": "info"}
    server = start(uvicorn(*options, "raw3:app", python=python), environ).ready()
    assert server.get("/ok").text == "ok"
    server.provoke()
    (event,) = project.wait("event")
    project.wait("transaction", 2)
    server.stop()
    assert event["contexts"]["asgi_server"]["name"] == "uvicorn"
    assert event["request"]["url"].endswith("/boom")
    assert (len(project.items("event")), len(project.items("transaction"))) == (1, 2)


@pytest.mark.parametrize("minor", INTERPRETERS)
def test_every_supported_python_with_what_resolves_for_it(
    minor: str, bootstrap: Path, start: Start, project: Project
) -> None:
    requirements = ["sentry-sdk", "uvicorn"]
    if tuple(map(int, minor.split("."))) < (3, 10):
        requirements.append("importlib-metadata")
    check(venv(INTERPRETERS[minor], *requirements), [], bootstrap, start, project)


@pytest.mark.parametrize("options", [[], ["--workers", "2"]], ids=["single", "workers"])
@pytest.mark.parametrize("release", ["0.20.0", "0.28.1", "0.29.0", "0.35.0", "0.46.0"])
def test_releases_of_uvicorn(
    release: str, options: list[str], bootstrap: Path, start: Start, project: Project
) -> None:
    python = venv(sys.executable, "sentry-sdk", f"uvicorn=={release}")
    check(python, [*options, "--port", free_port()], bootstrap, start, project)


def test_the_oldest_sdk_leaves_out_what_it_does_not_know(
    bootstrap: Path, start: Start, project: Project
) -> None:
    python = venv(sys.executable, "sentry-sdk==2.0.0", "uvicorn")
    check(python, [], bootstrap, start, project)

    environ = {"PYTHONPATH": str(bootstrap), "SENTRY_DSN": project.dsn, "SENTRY_ENABLE_LOGS": "true"}
    result = run(
        f"import sys; sys.path.append({str(bootstrap.parents[1])!r})\n"
        "from sentry_asgi_autoconf import activate; print(activate().active)",
        environment(environ, bootstrap=False),
        python=python,
    )
    assert result.stdout == "True\n"
    (line,) = result.stderr.splitlines()
    assert "SENTRY_ENABLE_LOGS" in line
    assert line.endswith("[unsupported-option]")


def test_a_uvicorn_without_the_seam_is_named_in_one_line_and_serves(
    bootstrap: Path, start: Start, project: Project, tmp_path: Path
) -> None:
    python = venv(sys.executable, "sentry-sdk", "uvicorn")
    (tmp_path / "main.py").write_text(
        "import types, uvicorn.config\n"
        "from sentry_asgi_autoconf.servers import joining\n"
        "moved = types.ModuleType('uvicorn.config')\n"
        "moved.Config = type('Config', (), {})\n"
        "joining.join(moved)\n"
    )
    result = start([python, "main.py"], {"PYTHONPATH": str(bootstrap)}, cwd=tmp_path)
    assert result.wait() == 0
    (line,) = result.output.splitlines()
    assert "has no Config.load: not instrumented" in line
