"""The oldest release of each server that is supported, and the newest, each in an environment of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.flushing.test_shutdown import serve
from tests.harness.envelopes import Project
from tests.harness.server import Server
from tests.harness.venvs import installed_beside, venv
from tests.servers.exercise import Certificate, Running
from tests.servers.modes import Mode

Start = Callable[..., Server]
pytestmark = pytest.mark.matrix

# Server in the documentation's table → distribution, its oldest release, what it needs besides, command.
UVICORN = "python -m uvicorn --port {port} {app}"
HYPERCORN = "python -m hypercorn -b 127.0.0.1:{port} {app}"
ANYCORN = "python -m anycorn -b 127.0.0.1:{port} {app}"
GUNICORN = "python -m gunicorn -b 127.0.0.1:{port} {app} -k "
GRANIAN = "python -m granian --port {port} {app} --interface "
RELEASES = [
    ("uvicorn", "uvicorn", "0.20.0", [], UVICORN),
    ("hypercorn", "hypercorn", "0.14.0", [], HYPERCORN),
    ("hypercorn", "hypercorn", "0.14.0", ["trio<0.23"], f"{HYPERCORN} -k trio"),
    ("nonecorn", "nonecorn", "0.17.3", [], HYPERCORN),
    (
        "nonecorn",
        "nonecorn",
        "0.17.3",
        ["gunicorn<24"],
        f"{GUNICORN} hypercorn.workers.HypercornAsyncioWorker",
    ),
    ("anycorn", "anycorn", "0.17.0", [], ANYCORN),
    ("daphne", "daphne", "3.0.0", [], "python -m daphne -p {port} {app}"),
    ("granian", "granian", "1.0.2", [], f"{GRANIAN} asgi"),
    ("gunicorn", "gunicorn", "24.0.0", [], f"{GUNICORN} asgi"),
    (
        "gunicorn with uvicorn's worker",
        "uvicorn-worker",
        "0.2.0",
        ["gunicorn<23", "uvicorn<0.31"],
        f"{GUNICORN} uvicorn_worker.UvicornWorker",
    ),
    (
        "gunicorn with uvicorn's worker",
        "uvicorn",
        "0.20.0",
        ["gunicorn<21"],
        f"{GUNICORN} uvicorn.workers.UvicornWorker",
    ),
]


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bootstrap directory of an installed wheel that no environment has on its path."""
    return installed_beside(tmp_path_factory.mktemp("beside"))


@pytest.mark.parametrize("age", ["oldest", "newest"])
@pytest.mark.parametrize(
    ("server", "distribution", "oldest", "besides", "command"),
    RELEASES,
    ids=[f"{distribution} {command.rpartition(' -')[2]}" for _, distribution, _, _, command in RELEASES],
)
def test_a_release_is_served_wrapped_and_reports(
    server: str,
    distribution: str,
    oldest: str,
    besides: list[str],
    command: str,
    age: str,
    bootstrap: Path,
    start: Start,
    project: Project,
    tmp_path: Path,
    record_property: Callable[[str, Any], None],
) -> None:
    if age == "newest":
        besides = [requirement.partition("<")[0] for requirement in besides]
    requirement = f"{distribution}=={oldest}" if age == "oldest" else distribution
    python = venv(sys.executable, "sentry-sdk", "websockets", requirement, *besides)
    running = Running(Mode(server, command, command), "raw3", tmp_path, Certificate(Path(), Path()))
    environ = {"PYTHONPATH": str(bootstrap)}
    served = serve(running, start, project, environ, [python, *running.command()[1:]])
    assert running.get("/boom").status_code == 500
    (event,) = project.wait("event")
    assert event["request"]["url"].endswith("/boom")
    project.wait("transaction", 2)
    running.converse(served, "hello", "boom")
    project.wait("transaction", 4)
    served.stop()
    assert (len(project.items("event")), len(project.items("transaction"))) == (2, 4)
    assert served.output.count("is instrumented by") == 1
    if age == "oldest":
        record_property("release", [server, distribution, oldest])


def test_granian_ends_at_its_first_signal_where_its_own_threads_may_wait_for_each_other(
    bootstrap: Path, start: Start, project: Project, tmp_path: Path
) -> None:
    # Without us this release hangs at one stop in four, by hand at one in two.
    python = venv(sys.executable, "sentry-sdk", "websockets", "granian==2.7.9")
    for _ in range(10):
        running = Running(
            Mode("granian", "asgi", f"{GRANIAN} asgi"), "raw3", tmp_path, Certificate(Path(), Path())
        )
        served = serve(
            running, start, project, {"PYTHONPATH": str(bootstrap)}, [python, *running.command()[1:]]
        )
        served.stop()
