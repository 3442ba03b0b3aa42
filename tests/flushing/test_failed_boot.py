"""An app that cannot start is reported once, and its server ends, or goes on, as without us."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Callable

import pytest

from tests.flushing.test_shutdown import mode_named
from tests.harness.envelopes import Project
from tests.harness.server import Server, until
from tests.servers.exercise import Certificate, Running
from tests.servers.modes import Mode

Start = Callable[..., Server]
pytestmark = pytest.mark.matrix
NO_CERTIFICATE = Certificate(Path(), Path())

# Those whose loaders differ, each with one process that serves.
LOADERS = [
    ("uvicorn", "uvicorn"),
    ("uvicorn", "uvicorn.run(string)"),
    ("hypercorn", "hypercorn"),
    ("hypercorn", "-k trio"),
    ("hypercorn", "-w 0"),
    ("anycorn", "anycorn"),
    ("anycorn", "-k trio"),
    ("anycorn", "-w 0"),
    ("daphne", "daphne"),
    ("granian", "granian --interface asgi"),
    ("granian", "--interface asginl"),
    ("gunicorn", "gunicorn -k asgi"),
    ("gunicorn", "--preload"),
    ("gunicorn with uvicorn's worker", "-k uvicorn_worker.UvicornWorker"),
    ("gunicorn with uvicorn's worker", "--preload"),
]
IDS = [f"{server} {name}" for server, name in LOADERS]
# daphne and asginl know no lifespan.
WITH_LIFESPAN = [loader for loader in LOADERS if loader[0] != "daphne" and loader[1] != "--interface asginl"]

# What differs between two runs, and our own frames.
_VARIABLE = re.compile(
    r"\d+:\d+:\d+[.,]\d+|\[?\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d([.,]\d+)?( [+-]\d{4})?\]?|\[\d+\]|[Pp]id:? ?\d+|PID: \d+"
    r"|\(\d+\)|0x[0-9a-f]+|127\.0\.0\.1:\d+|port=\d+|<Worker \d+>"
)


def ended(
    mode: Mode, module: str, start: Start, project: Project, directory: Path, bootstrap: bool
) -> Server:
    """Run a server that ends by itself."""
    running = Running(mode, module, directory, NO_CERTIFICATE)
    server = start(running.command(), {"SENTRY_DSN": project.dsn}, bootstrap=bootstrap)
    server.wait()
    return server


# What gunicorn says in a thread, and maybe in the middle of another line.
_OF_A_THREAD = re.compile(r"(?:\[[^\]\n]+\] ){2}\[INFO\] Control socket listening at \S+")


def comparable(output: str) -> set[str]:
    """Return the lines that a server wrote, without what differs between any two runs."""
    lines = _OF_A_THREAD.sub("\n", output).splitlines()
    return {_VARIABLE.sub("…", line.strip()) for line in lines if line.strip()}


def fails_as_bare(
    mode: Mode, module: str, start: Start, new_project: Callable[[], Project], directory: Path
) -> Project:
    """Let an app fail to boot with us and without, which has to end alike; return what ours has sent to."""
    project = new_project()
    with_us = ended(mode, module, start, project, directory, True)
    without = ended(mode, module, start, new_project(), directory, False)
    assert with_us.process.returncode == without.process.returncode
    assert comparable(without.output) - comparable(with_us.output) == set()
    return project


@pytest.mark.parametrize(("server", "name"), LOADERS, ids=IDS)
def test_an_app_that_fails_to_import_is_reported_once(
    server: str, name: str, start: Start, new_project: Callable[[], Project], tmp_path: Path
) -> None:
    project = fails_as_bare(mode_named(server, name), "broken_import", start, new_project, tmp_path)
    (event,) = [item["payload"] for item in project.items("event")]
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    assert project.items("transaction") == []


@pytest.mark.parametrize("app", ["no_such_module", "raw3_without_app"])
@pytest.mark.parametrize(("server", "name"), LOADERS, ids=IDS)
def test_an_app_that_cannot_be_found_is_reported_once(
    server: str, name: str, app: str, start: Start, new_project: Callable[[], Project], tmp_path: Path
) -> None:
    project = fails_as_bare(mode_named(server, name), app, start, new_project, tmp_path)
    assert len(project.items("event")) == 1


@pytest.mark.parametrize(("server", "name"), WITH_LIFESPAN, ids=lambda value: str(value))
def test_a_start_up_that_says_it_failed_is_reported_once(
    server: str, name: str, start: Start, new_project: Callable[[], Project], tmp_path: Path
) -> None:
    project = fails_as_bare(mode_named(server, name), "failing_startup", start, new_project, tmp_path)
    (event,) = [item["payload"] for item in project.items("event")]
    # hypercorn raises the app's words into the app.
    assert "no database" in (event.get("message") or event["exception"]["values"][-1]["value"])


@pytest.mark.parametrize(("server", "name"), WITH_LIFESPAN, ids=lambda value: str(value))
def test_a_start_up_that_raises_is_reported_once_and_the_app_served_as_without_us(
    server: str, name: str, start: Start, project: Project, tmp_path: Path
) -> None:
    running = Running(mode_named(server, name), "raising_startup", tmp_path, NO_CERTIFICATE)
    served = start(running.command(), {"SENTRY_DSN": project.dsn})
    until(lambda: running.accepts(served), f"{name} to listen, in {served.output!r}")
    assert running.get("/ok").status_code == 200
    (event,) = project.wait("event")
    assert event["exception"]["values"][-1]["value"] == "no database"
    served.stop()
    assert len(project.items("event")) == 1


# Servers that start the processes that fail anew, for ever.
CRASH_LOOPS = {
    "uvicorn --workers 2": "uvicorn --workers 2 --port {port} {app}",
    "granian --respawn-failed-workers": (
        "granian --interface asgi --respawn-failed-workers --respawn-interval 0.1 --port {port} {app}"
    ),
}


@pytest.mark.parametrize("module", ["broken_import", "no_such_module"])
@pytest.mark.parametrize("command", CRASH_LOOPS.values(), ids=CRASH_LOOPS)
def test_processes_that_fail_again_and_again_report_it_once_a_minute(
    command: str, module: str, start: Start, project: Project, tmp_path: Path
) -> None:
    running = Running(Mode("crash loop", command, command), module, tmp_path, NO_CERTIFICATE)
    server = start(running.command(), {"SENTRY_DSN": project.dsn, "SENTRY_ASGI_LOG_LEVEL": "info"})
    project.wait("event")
    until(
        lambda: (
            server.output.count("active: sentry_sdk is initialised") >= 6 or server.process.poll() is not None
        ),
        "six processes that failed",
    )
    server.kill()
    assert len(project.items("event")) == 1
