"""Nothing captured is lost when a server ends, however it is made to end."""

from __future__ import annotations

import contextlib
import signal
import socket
import time
from pathlib import Path
from typing import Callable, Mapping

import httpx
import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, until
from tests.servers.exercise import Certificate, Running
from tests.servers.modes import MODES, Mode

Start = Callable[..., Server]
NO_CERTIFICATE = Certificate(Path(), Path())
pytestmark = pytest.mark.matrix

# Those whose ends differ: other processes, other event loops, other handlers of signals.
ENDS = [
    ("uvicorn", "uvicorn"),
    ("uvicorn", "--workers 2"),
    ("uvicorn", "--reload"),
    ("uvicorn", "Server(Config)"),
    ("hypercorn", "hypercorn"),
    ("hypercorn", "-k uvloop"),
    ("hypercorn", "-k trio"),
    ("hypercorn", "-w 0"),
    ("hypercorn", "-w 2"),
    ("hypercorn", "asyncio serve(object)"),
    ("hypercorn", "trio serve(object)"),
    ("anycorn", "anycorn"),
    ("anycorn", "-k trio"),
    ("anycorn", "-w 0"),
    ("anycorn", "-w 2"),
    ("anycorn", "asyncio serve(object)"),
    ("anycorn", "trio serve(object)"),
    ("daphne", "daphne"),
    ("granian", "granian --interface asgi"),
    ("granian", "--interface asginl"),
    ("granian", "--workers 2"),
    ("granian", "… spawned, 2 workers"),
    ("granian", "embedded Server(object)"),
    ("gunicorn", "gunicorn -k asgi"),
    ("gunicorn", "--preload"),
    ("gunicorn with uvicorn's worker", "-k uvicorn_worker.UvicornWorker"),
]
# One for each server, and the ends that nothing but luck would make right.
EACH_SERVER = [
    ("uvicorn", "uvicorn"),
    ("hypercorn", "-w 2"),
    ("hypercorn", "trio serve(object)"),
    ("anycorn", "-w 2"),
    ("anycorn", "trio serve(object)"),
    ("daphne", "daphne"),
    ("granian", "--workers 2"),
    ("granian", "embedded Server(object)"),
    ("gunicorn", "gunicorn -k asgi"),
    ("gunicorn with uvicorn's worker", "-k uvicorn_worker.UvicornWorker"),
]


def mode_named(server: str, name: str) -> Mode:
    return next(mode for mode in MODES if (mode.server, mode.name) == (server, name))


@pytest.fixture
def running(request: pytest.FixtureRequest, tmp_path: Path) -> Running:
    """Return the server of the test's mode."""
    server, name, module = request.param
    return Running(mode_named(server, name), module, tmp_path, NO_CERTIFICATE)


def serve(
    running: Running,
    start: Start,
    project: Project,
    environ: Mapping[str, str] | None = None,
    command: list[str] | None = None,
) -> Server:
    """Start a server, wait until it serves, and see it serve."""
    settings = {"SENTRY_DSN": project.dsn, "SENTRY_ASGI_LOG_LEVEL": "info"}
    server = start(command or running.command(), {**settings, **running.environ(), **(environ or {})})
    until(
        lambda: server.output.count("is instrumented by") >= running.mode.serving and running.accepts(server),
        f"{running.mode.name} to serve, in {server.output!r}",
    )
    assert running.get("/ok").status_code == 200
    return server


def ends(modes: list[tuple[str, str]], *modules: str) -> list[object]:
    """Return the parameters for these modes and each of these apps."""
    return [
        pytest.param((server, name, module), id=f"{server}-{name}-{module}")
        for server, name in modes
        for module in modules
    ]


def check_that_a_signal_loses_nothing(number: int, running: Running, start: Start, project: Project) -> None:
    server = serve(running, start, project)
    assert running.get("/boom").status_code == 500
    server.stop(number)
    # What else SIGINT makes of a script (KeyboardInterrupt, the server's complaint) is reported as it is by hand.
    exceptions = [item["payload"].get("exception", {"values": [{}]}) for item in project.items("event")]
    errors = [exception["values"][-1].get("type") for exception in exceptions]
    assert errors.count("ZeroDivisionError") == 1
    assert number == signal.SIGINT or len(errors) == 1
    assert len(project.items("transaction")) == 2


@pytest.mark.parametrize("attempt", range(20))
@pytest.mark.parametrize("running", ends(EACH_SERVER, "raw3"), indirect=True)
def test_sigterm_right_behind_a_raising_request_20_times(
    running: Running, attempt: int, start: Start, project: Project
) -> None:
    check_that_a_signal_loses_nothing(signal.SIGTERM, running, start, project)


@pytest.mark.parametrize("running", ends(ENDS, "raw3", "raw3_no_lifespan"), indirect=True)
def test_sigterm_right_behind_a_raising_request(running: Running, start: Start, project: Project) -> None:
    check_that_a_signal_loses_nothing(signal.SIGTERM, running, start, project)


@pytest.mark.parametrize("running", ends(ENDS, "raw3"), indirect=True)
def test_sigint_right_behind_a_raising_request(running: Running, start: Start, project: Project) -> None:
    check_that_a_signal_loses_nothing(signal.SIGINT, running, start, project)


RECYCLING = {
    "uvicorn": "uvicorn --limit-max-requests 2 --port {port} {app}",
    "uvicorn with workers": "uvicorn --workers 1 --limit-max-requests 2 --port {port} {app}",
    "hypercorn": "hypercorn --max-requests 2 -b 127.0.0.1:{port} {app}",
    "hypercorn trio": "hypercorn -k trio --max-requests 2 -b 127.0.0.1:{port} {app}",
    "anycorn": "anycorn --max-requests 2 -b 127.0.0.1:{port} {app}",
    "gunicorn": "gunicorn -k asgi --max-requests 2 -b 127.0.0.1:{port} {app}",
    "gunicorn with uvicorn's worker": (
        "gunicorn -k uvicorn_worker.UvicornWorker --max-requests 2 -b 127.0.0.1:{port} {app}"
    ),
}


@pytest.mark.parametrize("command", RECYCLING.values(), ids=RECYCLING)
def test_a_worker_that_ends_after_its_number_of_requests_sends_what_it_captured(
    command: str, start: Start, project: Project, tmp_path: Path
) -> None:
    running = Running(Mode("recycling", command, command), "raw3", tmp_path, NO_CERTIFICATE)
    server = serve(running, start, project)
    assert running.get("/boom").status_code == 500

    def has_ended_or_served_anew() -> bool:
        return server.process.poll() is not None or server.output.count("is instrumented by") > 1

    # hypercorn ends a worker at the request after the last that it may serve.
    def go_on() -> bool:
        if not has_ended_or_served_anew():
            with contextlib.suppress(httpx.HTTPError):
                running.get("/ok")
        return has_ended_or_served_anew()

    until(go_on, f"the worker to end, in {server.output!r}")
    project.wait("event")
    server.stop()
    assert len(project.items("event")) == 1


@pytest.mark.parametrize("running", ends([*EACH_SERVER, ("hypercorn", "-w 0")], "raw3"), indirect=True)
def test_a_receiver_that_never_answers_keeps_a_server_for_one_timeout(running: Running, start: Start) -> None:
    timeout = 4
    with socket.create_server(("127.0.0.1", 0)) as silent:
        dsn = f"http://key@127.0.0.1:{silent.getsockname()[1]}/1"
        server = start(running.command(), {"SENTRY_DSN": dsn, "SENTRY_SHUTDOWN_TIMEOUT": str(timeout)})
        until(lambda: running.accepts(server), "the server to listen")
        for _ in range(10):
            assert running.get("/boom").status_code == 500
        stopped = time.monotonic()
        server.stop()
        # Two flushes, the lifespan's and the server's or the SDK's own, would take twice as long.
        assert time.monotonic() - stopped < 1.6 * timeout
