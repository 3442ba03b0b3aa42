"""socketify: its command line and a script of one's own, forked workers included."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
from typing import Any, Callable, Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.harness.address import address, request
from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import Server, free_port, until

Start = Callable[..., Server]

# Arguments without the port → how many processes serve.
MODES: dict[str, tuple[list[str], int]] = {
    "--interface asgi": (["-m", "socketify", "raw3:app", "--interface", "asgi", "--port", "{port}"], 1),
    "--interface asgi3": (["-m", "socketify", "raw3:app", "--interface", "asgi3", "--port", "{port}"], 1),
    "auto": (["-m", "socketify", "raw3:app", "--port", "{port}"], 1),
    "no lifespan": (["-m", "socketify", "raw3:app", "--lifespan", "off", "--port", "{port}"], 1),
    "--workers 2": (["-m", "socketify", "raw3:app", "--workers", "2", "--port", "{port}"], 2),
    "by code": (["socketify_by_code.py", "raw3", "{port}", "1"], 1),
    "by code, two workers": (["socketify_by_code.py", "raw3", "{port}", "2"], 2),
}
# Module → whether by hand it is wrapped in SentryAsgiMiddleware.
PARITY = {"raw3": True, "fastapi_app": False}


def command(arguments: list[str]) -> list[str]:
    return [sys.executable, *(argument.format(port=free_port()) for argument in arguments)]


@contextlib.contextmanager
def sent(server: Server, path: str) -> Iterator[None]:
    """Send a request without waiting for the response: socketify gives none if the app fails."""
    port = int(address(server).rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nhost: localhost\r\nuser-agent: parity\r\n\r\n".encode())
        yield


def provoke(server: Server) -> None:
    """Have the app fail, and wait until socketify says so."""
    with sent(server, "/boom"):
        until(lambda: "Uncaught Exception" in server.output, "the error")


def end(server: Server, signal_number: int = signal.SIGTERM) -> None:
    """Signal all processes, as a process manager does: the first one leaves its workers alone."""
    os.killpg(server.process.pid, signal_number)
    server.wait()


@pytest.mark.parametrize(("arguments", "serving"), MODES.values(), ids=MODES.keys())
def test_the_app_is_wrapped_once_in_each_process_and_reports(
    arguments: list[str], serving: int, start: Start, project: Project
) -> None:
    server = start(command(arguments), {"SENTRY_ASGI_LOG_LEVEL": "info"})
    until(lambda: server.output.count("is instrumented by") == serving, f"{serving} wrapped apps")
    until(lambda: server.stdout.count("http://127.0.0.1:") == serving, "all to listen")
    assert request(server, "/ok").text == "ok"
    provoke(server)
    (event,) = project.wait("event")
    project.wait("transaction", 2)
    end(server)
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    assert event["contexts"]["asgi_server"]["name"] == "socketify"
    # The error is not reported again as socketify logs it.
    assert (len(project.items("event")), len(project.items("transaction"))) == (1, 2)
    assert server.output.count("is instrumented by SentryAsgiMiddleware") == serving


@pytest.mark.parametrize(("module", "with_middleware"), PARITY.items())
def test_an_app_sends_what_it_would_send_instrumented_by_hand(
    module: str,
    with_middleware: bool,
    start: Start,
    project: Project,
    new_project: Callable[[], Project],
) -> None:
    ours = exercise(start(command(["-m", "socketify", f"{module}:app", "--port", "{port}"])), project)
    by_hand = new_project()
    environ = {
        "SENTRY_DSN": by_hand.dsn,
        "APP": module,
        "WITH_MIDDLEWARE": "1" if with_middleware else "",
    }
    arguments = ["socketify_by_code.py", "by_hand", "{port}", "1"]
    theirs = exercise(start(command(arguments), environ, bootstrap=False), by_hand)
    assert ours == theirs


def exercise(server: Server, project: Project) -> list[Any]:
    """Make some requests and give what arrived of them, comparable."""
    headers = {"user-agent": "parity", "x-custom": "kept"}
    assert request(server, "/ok", headers=headers).status_code == 200
    project.wait("transaction")
    provoke(server)
    project.wait("event")
    project.wait("transaction", 2)
    assert request(server, "/items/42?colour=red", headers=headers).status_code == 200
    project.wait("transaction", 3)
    end(server)
    # By hand, socketify's log of the error is a second event.
    items = [item["payload"] for item in project.items("event", "transaction")]
    arrived = [normalised(item) for item in items if item.get("logger") != "root"]
    for item in arrived:
        del item["extra"]["sys.argv"]
    return arrived


@pytest.mark.parametrize("module", ["django_app", "raw3_no_lifespan", "fastapi_app"])
def test_other_apps_report_once(module: str, start: Start, project: Project) -> None:
    server = start(command(["-m", "socketify", f"{module}:app", "--port", "{port}"]))
    address(server)
    assert project.items() == []
    with sent(server, "/boom"):
        (event,) = project.wait("event")
        project.wait("transaction")
    request(server, "/ok")
    project.wait("transaction", 2)
    end(server)
    assert event["request"]["url"].endswith("/boom")
    assert (len(project.items("event")), len(project.items("transaction"))) == (1, 2)


def test_requests_that_wait_at_the_same_time_are_told_apart(start: Start, project: Project) -> None:
    server = start(command(["-m", "socketify", "waiting:app", "--port", "{port}"]))
    with sent(server, "/slow"):
        for path in ("/first", "/second", "/release"):
            assert request(server, path).status_code == 200
        (event,) = project.wait("event")
        transactions = project.wait("transaction", 4)
    assert event["request"]["url"].endswith("/slow")
    paths = [transaction["request"]["url"].rpartition("/")[2] for transaction in transactions]
    assert sorted(paths) == ["first", "release", "second", "slow"]


def test_websockets_make_a_transaction_and_report_errors(start: Start, project: Project) -> None:
    server = start(command(["-m", "socketify", "raw3:app", "--port", "{port}"]))
    url = address(server).replace("http", "ws") + "/ws"
    with connect(url, proxy=None) as websocket:
        websocket.send("hello")
        assert websocket.recv() == "hello"
        websocket.send("boom")
        (event,) = project.wait("event")
        (transaction,) = project.wait("transaction")
        with contextlib.suppress(ConnectionClosed):
            websocket.close()
    assert event["exception"]["values"][-1]["value"] == "websocket boom"
    assert transaction["contexts"]["trace"]["op"] == "websocket.server"


@pytest.mark.parametrize("mode", ["--interface asgi", "--workers 2", "by code", "by code, two workers"])
def test_nothing_is_lost_when_the_processes_are_ended_right_behind_an_error(
    mode: str, start: Start, project: Project
) -> None:
    arguments, serving = MODES[mode]
    # A busy machine has time to send: what two seconds cut off is not what is tested.
    server = start(command(arguments), {"SENTRY_SHUTDOWN_TIMEOUT": "15"})
    until(lambda: server.stdout.count("http://127.0.0.1:") == serving, "all to listen")
    with sent(server, "/boom"):
        until(lambda: "Uncaught Exception" in server.output, "the error")
        end(server)
    assert server.process.returncode == -signal.SIGTERM
    project.wait("event")
    project.wait("transaction")


def test_an_app_that_fails_to_import_is_reported_once(start: Start, project: Project) -> None:
    server = start(command(["-m", "socketify", "broken_import:app", "--port", "{port}"]))
    without = start(command(["-m", "socketify", "broken_import:app", "--port", "{port}"]), bootstrap=False)
    assert server.wait() == without.wait()
    (event,) = project.wait("event")
    assert event["exception"]["values"][-1]["type"] in without.output
    assert server.stdout == without.stdout
    assert len(project.items("event")) == 1


@pytest.mark.parametrize("serves", ["raises_at_startup", "says_startup_failed", "fastapi_fails_at_startup"])
def test_a_failed_startup_is_reported_once(serves: str, start: Start, project: Project) -> None:
    server = start(command(["-m", "socketify", f"lifespans:{serves}", "--port", "{port}"]))
    (event,) = project.wait("event")
    assert "no database" in str(event)
    end(server)
    assert len(project.items("event")) == 1


def test_a_wsgi_app_is_left_alone(start: Start, project: Project) -> None:
    arguments = ["-m", "socketify", "wsgi_app:app", "--interface", "wsgi", "--port", "{port}"]
    server = start(command(arguments), {"SENTRY_ASGI_LOG_LEVEL": "debug"})
    assert request(server, "/ok").text == "ok"
    end(server)
    assert project.items() == []
    assert "sentry-asgi-autoconf" not in server.output


def test_a_wsgi_app_that_socketify_had_to_recognise_sends_nothing(start: Start, project: Project) -> None:
    server = start(
        command(["-m", "socketify", "wsgi_app:app", "--port", "{port}"]), {"SENTRY_ASGI_LOG_LEVEL": "info"}
    )
    assert request(server, "/ok").text == "ok"
    end(server)
    assert project.items() == []
    assert "is not an ASGI app" in server.output
