"""An app that asks for everything that a policy forbids runs unharmed, and the envelopes show each refusal."""

from __future__ import annotations

import json
import socket
import sys
from typing import Any, Callable

import pytest

from tests.harness.address import address, request
from tests.harness.envelopes import Project
from tests.harness.policies import Policy
from tests.harness.server import Server, free_port, until, uvicorn

Start = Callable[..., Server]

FORBIDS_ALL: dict[str, Any] = {
    "limits": {"dsn": {"allow": ["127.0.0.1"]}, "traces_sample_rate": {"max": 0.3}},
    "enforced": {"send_default_pii": False, "before_send": "policy_hooks:before_send"},
}
COOKIE = "s3ss10n-of-somebody"
ADDRESS = "203.0.113.77"
SERVERS = {
    "uvicorn": lambda: uvicorn("own_init:app"),
    "granian": lambda: [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--port", free_port()),
        "own_init:app",
    ],
    "gunicorn --preload": lambda: [
        *(
            sys.executable,
            "-m",
            "gunicorn",
            "-k",
            "asgi",
            "--preload",
            "--bind",
            "127.0.0.1:0",
            "own_init:app",
        )
    ],
}


def in_trace(number: int) -> dict[str, str]:
    """Return the headers of a trace whose sampling is left to the app, with a draw of `number` tenths and a bit."""
    trace = f"{number + 1:032x}"
    return {
        "sentry-trace": f"{trace}-{number + 1:016x}",
        "baggage": f"sentry-trace_id={trace},sentry-sample_rand=0.{number}50000",
    }


def accepts(server: Server) -> bool:
    """Whether the server takes connections: one says its address before it does."""
    host, port = address(server).rpartition("/")[2].split(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0


@pytest.mark.parametrize("command", SERVERS.values(), ids=SERVERS.keys())
def test_the_app_runs_and_nothing_forbidden_leaves(
    command: Callable[[], list[str]], start: Start, project: Project, other: Project, policy: Policy
) -> None:
    environ = {"INIT": "with all that is forbidden", "OTHER_DSN": other.dsn, **policy(**FORBIDS_ALL)}
    server = start(command(), {**environ, "SENTRY_TRACES_SAMPLE_RATE": "0.5"})
    until(lambda: accepts(server), "the server to listen")
    for number in range(10):
        assert request(server, f"/{number}", headers=in_trace(number)).text == "ok"
    personal = {"cookie": f"sid={COOKIE}", "x-forwarded-for": ADDRESS}
    assert request(server, "/boom", headers={**personal, **in_trace(9)}).status_code == 500
    (event,) = project.wait("event")
    server.stop()

    assert other.items() == []
    assert event["tags"]["seen by"] == " app policy"
    assert COOKIE not in json.dumps(event)
    assert ADDRESS not in json.dumps(event)
    assert "REMOTE_ADDR" not in json.dumps(event)
    traced = [item["payload"]["request"]["url"][-1] for item in project.items("transaction")]
    assert traced == ["0", "1", "2"]  # those whose draw is below the limit
    assert "the app's init gave _InitGuard" in server.output
    (line,) = [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf: ")]
    path = environ["SENTRY_ASGI_POLICY"]
    assert "own_init.py:" in line
    assert f"sets before_send, may not set dsn=*** (*** applies: [limits] dsn ({path}:2));" in line
    assert f"send_default_pii=true (false applies: [enforced] send_default_pii ({path}:6))" in line
    assert f"traces_sample_rate=1.0 (0.3 applies: [limits] traces_sample_rate ({path}:3))" in line
    assert line.endswith("[app-init]")


def test_no_trace_is_streamed_past_an_enforced_hook(start: Start, project: Project, policy: Policy) -> None:
    environ = policy(enforced={"before_send_transaction": "policy_hooks:before_send"})
    server = start(uvicorn("own_init:app"), {**environ, "OPTIONS": '{"trace_lifecycle": "stream"}'})
    assert request(server, "/ok").status_code == 200
    (transaction,) = project.wait("transaction")
    server.stop()
    assert transaction["tags"]["seen by"] == " policy"
    assert project.items("span") == []
    path = environ["SENTRY_ASGI_POLICY"]
    refused = f"trace_lifecycle='stream' (left out: [enforced] before_send_transaction ({path}:2))"
    assert f"may not set {refused}" in server.output


def test_without_a_policy_the_same_app_gets_all_that_it_asks_for(
    start: Start, project: Project, other: Project
) -> None:
    # What the test above looks for is there to be seen.
    environ = {"INIT": "with all that is forbidden", "OTHER_DSN": other.dsn, "SENTRY_ASGI_LOG_LEVEL": "info"}
    server = start(uvicorn("own_init:app"), {**environ, "SENTRY_TRACES_SAMPLE_RATE": "0.5"})
    server.provoke(headers={"cookie": f"sid={COOKIE}", "x-forwarded-for": ADDRESS, **in_trace(9)})
    (event,) = other.wait("event")
    other.wait("transaction")
    server.stop()
    assert project.items() == []
    assert event["tags"]["seen by"] == " app"
    assert COOKIE in json.dumps(event)
    assert ADDRESS in json.dumps(event)
    lines = [line for line in server.output.splitlines() if line.endswith("[app-init]")]
    assert len(lines) == 1
    assert "sets before_send, dsn, send_default_pii, traces_sample_rate." in lines[0]


def test_a_dsn_of_the_environment_that_is_forbidden_is_told_of(
    start: Start, other: Project, policy: Policy
) -> None:
    environ = policy(limits={"dsn": {"allow": ["127.0.0.1"]}})
    server = start(uvicorn("raw3:app"), {**environ, "SENTRY_DSN": other.dsn})
    server.provoke()
    server.stop()
    assert other.items() == []
    (line,) = [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf: ")]
    path = environ["SENTRY_ASGI_POLICY"]
    assert f"SENTRY_DSN (environment) is not permitted by [limits] dsn ({path}:2)." in line
    assert line.endswith("[not-permitted]")
