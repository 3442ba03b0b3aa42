"""Old and new releases of Python, uvicorn and the SDK, with the package in a directory of its own beside them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.served import Served
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


@pytest.mark.skipif("3.7" not in INTERPRETERS, reason="this machine has no Python 3.7")
def test_granian_on_the_oldest_python(bootstrap: Path, start: Start, project: Project) -> None:
    python = Path(venv(INTERPRETERS["3.7"], "sentry-sdk", "granian", "importlib-metadata", "tomli"))
    port = free_port()
    words = [str(python.with_name("granian")), "--interface", "asgi", "--port", port, "raw3:app"]
    granian = Served(start, words, port, environ={"PYTHONPATH": str(bootstrap)})
    with granian.client() as client:
        assert client.get("/ok").text == "ok"
        started = granian.server.output
        assert client.get("/boom").status_code == 500
    (event,) = project.wait("event")
    project.wait("transaction", 2)
    granian.server.stop()
    assert event["request"]["url"].endswith("/boom")
    assert len(project.items("event")) == 1
    assert "sentry-asgi-autoconf:" not in granian.server.output
    assert "Traceback" not in started


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
    python = venv(sys.executable, "sentry-sdk==2.0.1", "uvicorn")
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


def test_the_oldest_sdk_reports_a_starlette_app_and_one_that_fails_it_is_left_alone(
    bootstrap: Path, start: Start, project: Project
) -> None:
    lines = {"2.0.0": ["sentry-asgi-autoconf: sentry-sdk 2.0.0 is older than 2.0.1"], "2.0.1": []}
    for release, expected in lines.items():
        python = venv(sys.executable, f"sentry-sdk=={release}", "uvicorn", "starlette")
        server = start(uvicorn("starlette_app:app", python=python), {"PYTHONPATH": str(bootstrap)}).ready()
        assert server.get("/ok").status_code == 200
        server.provoke()
        server.stop()
        said = [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf:")]
        assert [line.partition(": the app")[0] for line in said] == expected
    assert len(project.items("event")) == 1


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
