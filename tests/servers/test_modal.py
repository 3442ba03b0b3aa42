"""ASGI apps in Modal's containers, as far as they run without an account.

What loads, wraps and calls the app is modal's own code, in its oldest and newest supported releases. Its container
entry point is not run, as it talks to Modal's servers: neither are the signals by which a container ends, memory
snapshots, classes with web methods, websockets, nor the real messages of a request.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import Server, until
from tests.harness.venvs import installed_beside, venv

Start = Callable[..., Server]
pytestmark = pytest.mark.matrix
Work = Callable[..., Server]

RELEASES = ["modal", "modal==1.0.0"]
PATHS = ["/ok", "/boom", "/items/42?colour=red"]


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bootstrap directory of an installed wheel that no environment has on its path."""
    return installed_beside(tmp_path_factory.mktemp("beside"))


@pytest.fixture(params=RELEASES, ids=["newest", "oldest"])
def work(request: pytest.FixtureRequest, bootstrap: Path, start: Start) -> Work:
    """Run a function of a Modal app for each path, as its container would."""
    python = venv(sys.executable, "sentry-sdk", "fastapi", request.param)

    def run(function: str, kind: str, *paths: str, environ: dict[str, str] | None = None) -> Server:
        variables = {"PYTHONPATH": str(bootstrap), "SENTRY_ASGI_LOG_LEVEL": "info", **(environ or {})}
        server = start([python, "modal_container.py", function, kind, *paths], variables)
        until(
            lambda: server.stdout.count("\n") >= len(paths) or server.process.poll() is not None,
            f"{len(paths)} answers, in {server.output!r}",
        )
        return server

    return run


@pytest.mark.parametrize("function", ["plain", "without_lifespan", "framework"])
def test_the_app_of_a_function_is_wrapped_once_and_sends_what_it_would_send_by_hand(
    function: str, work: Work, project: Project, new_project: Callable[[], Project]
) -> None:
    server = work(function, "ASGI_APP", *PATHS)
    assert server.wait() == 0
    assert server.output.count("is instrumented by") == 1
    ours = arrived(project)
    assert ours[0]["contexts"]["asgi_server"]["name"] == "modal"

    by_hand = new_project()
    environ = {"SENTRY_DSN": by_hand.dsn, "PYTHONPATH": "", "MODULE": "modal_by_hand"}
    assert work(function, "ASGI_APP", *PATHS, environ=environ).wait() == 0
    theirs = arrived(by_hand)
    for item in ours:
        item.get("modules", {}).pop("sentry-asgi-autoconf", None)  # by hand it is not there
    assert [normalised(item) for item in ours] == [normalised(item) for item in theirs]


def arrived(project: Project) -> list[Any]:
    """Return one event and the transactions, once all have arrived."""
    events, transactions = project.wait("event"), project.wait("transaction", len(PATHS))
    # By hand, an app without a lifespan is reported at each start.
    of_requests = [
        event for event in events if event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    ]
    assert (len(of_requests), len(transactions)) == (1, len(PATHS))
    return of_requests + transactions


def test_tasks_are_reported_in_the_loop_that_serves(work: Work, project: Project) -> None:
    server = work("tasks", "ASGI_APP", "/fire", "/gather", environ={"SENTRY_INTEGRATIONS": "asyncio"})
    assert server.wait() == 0
    values = [event["exception"]["values"][-1] for event in project.wait("event", 3)]
    assert {value["mechanism"]["type"] for value in values} == {"asyncio"}
    assert sorted(value["value"] for value in values) == ["gathered", "of a request", "of the lifespan"]


def test_an_endpoint_for_which_modal_makes_the_app_reports(work: Work, project: Project) -> None:
    assert work("endpoint", "FUNCTION", "/?divisor=0", "/?divisor=1").wait() == 0
    (event,) = project.wait("event")
    project.wait("transaction", 2)
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    assert len(project.items("event")) == 1


def test_an_app_that_cannot_be_made_is_reported_once(work: Work, project: Project) -> None:
    assert work("broken", "ASGI_APP").wait() == 1
    (event,) = project.wait("event")
    assert event["exception"]["values"][-1]["type"] == "ModuleNotFoundError"
    assert len(project.items("event")) == 1


def test_a_wsgi_function_is_left_alone(work: Work, project: Project) -> None:
    server = work("wsgi", "WSGI_APP", "/ok", "/boom")
    assert server.wait() == 0
    assert server.stdout.splitlines()[0] == "/ok 200"
    assert "sentry-asgi-autoconf" not in server.output
    assert project.items() == []


@pytest.mark.parametrize("function", ["plain", "without_lifespan"])
def test_all_is_sent_when_the_lifespan_has_ended(function: str, work: Work, project: Project) -> None:
    assert work(function, "ASGI_APP", "/boom", environ={"KILLED": "1"}).wait() == -signal.SIGKILL
    project.wait("event")
    project.wait("transaction")


def test_nothing_is_lost_when_the_process_is_terminated_right_behind_an_error(
    work: Work, project: Project
) -> None:
    server = work("without_lifespan", "ASGI_APP", "/boom", environ={"STAYS": "1"})
    assert server.stop(signal.SIGTERM) == -signal.SIGTERM
    project.wait("event")
    project.wait("transaction")
