"""A policy in forked processes, and in those that serve no ASGI app in the end."""

from __future__ import annotations

import sys
from typing import Any, Callable

import pytest

from tests.harness.address import request
from tests.harness.envelopes import Project
from tests.harness.policies import Policy
from tests.harness.server import APPS, Server, environment, run

Start = Callable[..., Server]

FORKING = """
import os
import sentry_sdk
from sentry_asgi_autoconf import activate
from sentry_asgi_autoconf.flushing.flush import flush

assert activate().active
{init}
sentry_sdk.capture_message("parent")
sentry_sdk.flush()
child = os.fork()
if child == 0:
    assert activate().active
    sentry_sdk.capture_message("child")
    flush()
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""


def test_in_a_forked_process_each_hook_runs_once(project: Project, policy: Policy) -> None:
    ruled = policy(enforced={"before_send": "policy_hooks:before_send"})
    environ = environment({"SENTRY_DSN": project.dsn, "PYTHONPATH": str(APPS), **ruled})
    result = run(FORKING.format(init=""), environ)
    assert result.returncode == 0, result.stderr
    assert [event["tags"]["seen by"] for event in project.wait("event", 2)] == [" policy", " policy"]


def test_a_client_beside_ours_is_no_init_of_the_app_s_in_a_forked_process(
    project: Project, other: Project
) -> None:
    environ = environment({"SENTRY_DSN": project.dsn, "PYTHONPATH": str(APPS)})
    result = run(FORKING.format(init=f"sentry_sdk.Client({other.dsn!r}, environment='app')"), environ)
    assert result.returncode == 0, result.stderr
    assert [event["environment"] for event in project.wait("event", 2)] == ["production"] * 2
    assert other.items() == []


def test_in_a_forked_process_the_app_s_init_counts_that_ran_in_its_parent(
    project: Project, other: Project, policy: Policy
) -> None:
    ruled = policy(limits={"dsn": {"allow": ["127.0.0.1"]}})
    environ = environment({"SENTRY_DSN": project.dsn, "PYTHONPATH": str(APPS), **ruled})
    for init in (
        f"sentry_sdk.init({other.dsn!r}, environment='app')",
        f"sentry_sdk.get_global_scope().set_client(sentry_sdk.Client({other.dsn!r}, environment='app'))",
    ):
        result = run(FORKING.format(init=init), environ)
        assert result.returncode == 0, result.stderr
        # What is told of it was told in the parent.
        assert result.stderr.count("[app-init]") == 1
    assert [event["environment"] for event in project.wait("event", 4)] == ["app"] * 4
    assert other.items() == []


@pytest.mark.parametrize("limits", [{}, {"dsn": {"allow": ["127.0.0.1"]}}], ids=["no policy", "policy"])
def test_a_wsgi_app_that_the_server_turns_out_to_serve_keeps_the_client_that_it_made(
    limits: dict[str, Any], start: Start, project: Project, other: Project, policy: Policy
) -> None:
    # hypercorn tells WSGI from ASGI when it has loaded the app.
    command = [*(sys.executable, "-m", "hypercorn", "--bind", "127.0.0.1:0"), "wsgi_own_init:app"]
    environ = {"OTHER_DSN": other.dsn, "SENTRY_DIST": "of-the-platform", **policy(limits=limits)}
    server = start(command, {**environ, "SENTRY_ASGI_LOG_LEVEL": "info"})
    assert request(server, "/boom").status_code == 500
    receiver, dist = (project, "of-the-platform") if limits else (other, None)
    (event,) = receiver.wait("event")
    server.stop()
    assert "what was loaded is not an ASGI app" in server.output
    assert len(project.items("event")) + len(other.items("event")) == 1
    assert (event["environment"], event.get("dist")) == ("of-the-app", dist)
