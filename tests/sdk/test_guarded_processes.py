"""Processes that serve nothing: held to settings and policies where one says that they are guarded."""

from __future__ import annotations

import sys
from typing import Callable

import pytest

from sentry_asgi_autoconf.activation.layers import load
from tests.harness.envelopes import Project
from tests.harness.policies import Policy
from tests.harness.server import Server, environment, run

Start = Callable[..., Server]

GUARDED = {"asgi_processes": "guarded"}
ONLY_HERE = {"dsn": {"allow": ["127.0.0.1"]}}


@pytest.mark.parametrize("way", ["spawn", "forkserver", "fork", "pool", "subprocess", "itself"])
def test_a_policy_holds_in_every_process_that_it_says_is_guarded(
    way: str, start: Start, project: Project, other: Project, policy: Policy
) -> None:
    rules = policy(enforced={**GUARDED, "server_name": "of-the-platform"}, limits=ONLY_HERE)
    process = start([sys.executable, "child_init.py"], {**rules, "WAY": way, "OTHER_DSN": other.dsn})
    assert process.wait() == 0
    (event,) = project.wait("event")
    assert (event["environment"], event["server_name"]) == ("of-the-child", "of-the-platform")
    assert event["message"] == way
    assert other.items() == []
    (line,) = [line for line in process.output.splitlines() if line.endswith("[app-init]")]
    assert "child_init.py:13 sets environment, may not set dsn" in line


def test_the_environment_may_say_it_too(start: Start, project: Project, other: Project) -> None:
    environ = {"SENTRY_ASGI_PROCESSES": "guarded", "SENTRY_ASGI_ON_APP_INIT": "keep", "WAY": "spawn"}
    process = start([sys.executable, "child_init.py"], {**environ, "OTHER_DSN": other.dsn})
    assert process.wait() == 0
    (event,) = project.wait("event")
    assert event["environment"] == "production"
    assert other.items() == []


def test_a_way_out_that_is_not_permitted_is_said(start: Start, project: Project, policy: Policy) -> None:
    environ = {**policy(enforced=GUARDED, limits=ONLY_HERE), "SENTRY_SPOTLIGHT": "http://elsewhere.example"}
    code = "import sentry_sdk; sentry_sdk.init(); print(sentry_sdk.get_client().options['spotlight'])"
    process = start([sys.executable, "-c", code], environ)
    assert process.wait() == 0
    (line,) = [line for line in process.output.splitlines() if "[not-permitted]" in line]
    assert "SENTRY_SPOTLIGHT (environment) is not permitted by [limits] dsn" in line
    assert "False" in process.output.splitlines()


def test_others_are_left_alone(start: Start, project: Project, other: Project, policy: Policy) -> None:
    environ = {**policy(limits=ONLY_HERE), "WAY": "itself", "OTHER_DSN": other.dsn}
    process = start([sys.executable, "child_init.py"], environ)
    assert process.wait() == 0
    (event,) = other.wait("event")
    assert event["environment"] == "of-the-child"
    assert (project.items(), process.output) == ([], "")


def test_under_a_policy_that_cannot_be_read_nothing_leaves(
    start: Start, project: Project, other: Project, policy: Policy
) -> None:
    environ = {**policy(enforced={"nonsense": 1}), "WAY": "itself", "OTHER_DSN": other.dsn}
    process = start([sys.executable, "child_init.py"], environ)
    assert process.wait() == 0
    assert (project.items(), other.items()) == ([], [])
    assert "[enforced] nonsense" in process.output


def test_a_process_that_never_imports_the_sdk_pays_nothing(policy: Policy) -> None:
    code = "import sys; print([name for name in sys.modules if name.startswith('sentry')])"
    assert run(code, environment(policy(enforced=GUARDED))).stdout == "[]\n"


@pytest.mark.parametrize("code", ["import sentry_sdk", "import sentry_sdk.client as c; c.Client('nonsense')"])
def test_what_the_sdk_raises_has_no_frame_of_ours(code: str, project: Project) -> None:
    bare = run(code, environment({}, bootstrap=False))
    ours = run(code, environment({"SENTRY_DSN": project.dsn}))
    assert (ours.returncode, ours.stdout, ours.stderr) == (bare.returncode, bare.stdout, bare.stderr)


@pytest.mark.parametrize("value", ["all", "Servers"])
def test_a_file_can_say_nothing_else(value: str, policy: Policy) -> None:
    problems = load(policy(enforced={"asgi_processes": value})).problems
    assert "[enforced] asgi_processes" in str(problems[0]) and "can only be guarded" in str(problems[0])
