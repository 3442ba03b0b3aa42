"""An ASGI app in a WSGI server, through a2wsgi."""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any, Callable

import httpx
import pytest

from tests.harness.address import request
from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import Server, until
from tests.harness.venvs import installed_beside, venv

Start = Callable[..., Server]

GUNICORN = ["-m", "gunicorn", "-b", "127.0.0.1:0"]
SERVERS = {
    "gunicorn": [*GUNICORN, "a2wsgi_app:app"],
    "gunicorn, two workers": [*GUNICORN, "-w", "2", "a2wsgi_app:app"],
    "gunicorn gthread": [*GUNICORN, "-k", "gthread", "--threads", "4", "a2wsgi_app:app"],
    "waitress": ["-m", "waitress", "--listen", "127.0.0.1:0", "a2wsgi_app:app"],
}
# Module → whether by hand it is wrapped in SentryAsgiMiddleware.
PARITY = {"raw3": True, "fastapi_app": False, "django_app": False}
PATHS = ["/ok", "/boom", "/items/42?colour=red"]


def exercise(server: Server, project: Project) -> tuple[list[Any], list[Any]]:
    """Request each path once, and give the events and the transactions that arrive."""
    for number, path in enumerate(PATHS, start=1):
        response = request(server, path, headers={"user-agent": "parity", "x-custom": "kept"})
        assert response.status_code == (500 if path == "/boom" else 200)
        project.wait("transaction", number)
    project.wait("event")
    server.stop()
    # Nothing came late.
    return project.wait("event"), project.wait("transaction", len(PATHS))


@pytest.mark.parametrize("command", SERVERS.values(), ids=SERVERS.keys())
def test_the_app_is_wrapped_once_and_reports(command: list[str], start: Start, project: Project) -> None:
    server = start([sys.executable, *command], {"SERVES": "raw3", "SENTRY_ASGI_LOG_LEVEL": "info"})
    events, transactions = exercise(server, project)
    assert (len(events), len(transactions)) == (1, len(PATHS))
    assert events[0]["contexts"]["asgi_server"]["name"] == "a2wsgi"
    workers = server.output.count("active: sentry_sdk is initialised")
    assert workers in ((1, 2) if "-w" in command else (1,))
    assert 1 <= server.output.count("is instrumented by SentryAsgiMiddleware") <= workers


@pytest.mark.parametrize(("module", "with_middleware"), PARITY.items())
def test_an_app_sends_what_it_would_send_instrumented_by_hand(
    module: str,
    with_middleware: bool,
    start: Start,
    project: Project,
    new_project: Callable[[], Project],
) -> None:
    command = [sys.executable, *SERVERS["gunicorn"]]
    ours = exercise(start(command, {"SERVES": module}), project)

    by_hand = new_project()
    environ = {"SENTRY_DSN": by_hand.dsn, "SERVES": "by_hand", "APP": module}
    environ["WITH_MIDDLEWARE"] = "1" if with_middleware else ""
    theirs = exercise(start(command, environ, bootstrap=False), by_hand)
    for our_items, their_items in zip(ours, theirs, strict=True):
        assert [normalised(item) for item in our_items] == [normalised(item) for item in their_items]


@pytest.mark.parametrize("command", SERVERS.values(), ids=SERVERS.keys())
def test_nothing_is_lost_when_the_server_is_ended_right_behind_an_error(
    command: list[str], start: Start, project: Project
) -> None:
    server = start([sys.executable, *command], {"SERVES": "raw3"})
    assert request(server, "/boom").status_code == 500
    server.stop(signal.SIGTERM)
    project.wait("event")
    project.wait("transaction")


@pytest.mark.parametrize("command", SERVERS.values(), ids=SERVERS.keys())
def test_an_error_in_the_middle_of_a_response_is_not_reported_again_as_the_server_logs_it(
    command: list[str], start: Start, project: Project
) -> None:
    server = start([sys.executable, *command], {"SERVES": "raises_late"})
    with pytest.raises(httpx.RemoteProtocolError):
        request(server, "/")
    project.wait("event")
    until(lambda: "the other half is missing" in server.output, "the server to log it")
    server.stop()
    (event,) = project.wait("event")
    assert event["exception"]["values"][-1]["value"] == "the other half is missing"


def test_a_command_that_imports_the_module_activates_nothing(start: Start) -> None:
    environ = {"SERVES": "raw3", "SENTRY_ASGI_LOG_LEVEL": "debug"}
    command = start([sys.executable, "-c", "import a2wsgi_app"], environ)
    assert command.wait() == 0
    assert command.output == ""


def test_a_server_that_is_not_known_is_served_from_the_first_request_on(
    start: Start, project: Project
) -> None:
    code = (
        "from wsgiref.simple_server import make_server; import a2wsgi_app\n"
        "server = make_server('127.0.0.1', 0, a2wsgi_app.app)\n"
        "print(f'http://127.0.0.1:{server.server_port}', flush=True); server.serve_forever()"
    )
    server = start([sys.executable, "-c", code], {"SERVES": "fastapi_app", "SENTRY_ASGI_LOG_LEVEL": "info"})
    assert request(server, "/boom").status_code == 500
    (event,) = project.wait("event")
    project.wait("transaction")
    assert event["transaction"] == "/boom"
    assert server.output.count("active: sentry_sdk is initialised") == 1


def test_a_wsgi_app_is_left_alone(start: Start, project: Project) -> None:
    server = start([sys.executable, *GUNICORN, "wsgi_app:app"], {"SENTRY_ASGI_LOG_LEVEL": "debug"})
    assert request(server, "/boom").status_code == 500
    server.stop()
    assert project.items() == []
    assert "sentry-asgi-autoconf" not in server.output


def test_the_oldest_release(start: Start, project: Project, tmp_path: Path) -> None:
    python = venv(sys.executable, "sentry-sdk", "gunicorn", "a2wsgi==1.10.0")
    environ = {"SERVES": "raw3", "PYTHONPATH": str(installed_beside(tmp_path))}
    events, _ = exercise(start([python, *SERVERS["gunicorn"]], environ), project)
    assert len(events) == 1
