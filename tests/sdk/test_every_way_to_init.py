"""Each way in which apps initialise Sentry, under every rule, in each mode: what arrives, and where, tells."""

from __future__ import annotations

import re
import sys
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.policies import Policy
from tests.harness.server import APPS, Server, uvicorn
from tests.policy.test_destinations import spotlight

Start = Callable[..., Server]

WAYS = re.findall(
    r'^    "([a-z][^"]*)": (?!ELSE|"|True|1)', (APPS / "every_init.py").read_text(), re.MULTILINE
)
FROM_ENVIRON = "from the environment"
RULES: dict[str, Any] = {
    "limits": {"dsn": {"allow": ["127.0.0.1"]}, "profiles_sample_rate": {"max": 0.0}},
    "enforced": {
        "environment": "enforced",
        "release": "enforced",
        "send_default_pii": False,
        "traces_sample_rate": 0.0,
        "before_send": "policy_hooks:before_send",
        "asgi_processes": "guarded",
    },
}
APP = ["every_init:app"]
MOMENTS = {
    "at import": uvicorn(*APP),
    "in the lifespan": uvicorn(*APP),
    "in a factory": uvicorn("--factory", "every_init:create_app"),
    "in a request": uvicorn(*APP),
    "before the server": [sys.executable, "every_init.py", "object"],
    "before the server that imports": [sys.executable, "every_init.py", "string"],
}
HEADERS = {
    "cookie": "session=s3cr3t-of-somebody",
    "sentry-trace": "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-1",
    "baggage": "sentry-trace_id=0af7651916cd43dd8448eb211c80319c,sentry-sample_rate=1,sentry-sampled=true",
}


def serve(start: Start, way: str, when: str, other: Project, environ: dict[str, str]) -> Server:
    """Let the app initialise Sentry in this way and at this moment, and fail once."""
    when_said = "before the server" if when.startswith("before") else when
    named = {"INIT": way, "WHEN": when_said, "OTHER_DSN": other.dsn, "OTHER_SPOTLIGHT": spotlight(other)}
    server = start(MOMENTS[when], {**environ, **named, "SENTRY_ASGI_LOG_LEVEL": "error"}).ready()
    server.get("/first")
    server.provoke(headers=HEADERS)
    return server


def assert_held(project: Project, other: Project) -> None:
    """Check all that arrived against the rules."""
    assert other.items() == []
    events = [item["payload"] for item in project.items("event")]
    for event in events:
        assert (event["environment"], event["release"]) == ("enforced", "enforced")
        assert event["tags"]["seen by"].endswith(" policy")
        assert "s3cr3t" not in str(event)
    assert project.items("transaction") == []
    assert project.items("profile", "profile_chunk") == []


@pytest.mark.matrix
@pytest.mark.parametrize("mode", ["merge", "keep", "replace"])
@pytest.mark.parametrize("way", WAYS)
def test_no_way_passes_a_rule(
    way: str, mode: str, start: Start, project: Project, other: Project, policy: Policy
) -> None:
    server = serve(start, way, "at import", other, {**policy(**RULES), "SENTRY_ASGI_ON_APP_INIT": mode})
    server.stop()
    assert_held(project, other)
    # Where an app puts a DSN that is not permitted into the variable itself, none is left.
    assert project.items("event") or (way, mode) in [(FROM_ENVIRON, "merge"), (FROM_ENVIRON, "replace")]


@pytest.mark.parametrize("mode", ["merge", "replace"])
@pytest.mark.parametrize("when", MOMENTS)
@pytest.mark.parametrize("way", ["with keywords", "on the global scope", "with spotlight"])
def test_nor_does_a_moment(
    way: str, when: str, mode: str, start: Start, project: Project, other: Project, policy: Policy
) -> None:
    server = serve(start, way, when, other, {**policy(**RULES), "SENTRY_ASGI_ON_APP_INIT": mode})
    server.stop()
    assert_held(project, other)
    assert project.items("event")


@pytest.mark.matrix
@pytest.mark.parametrize("way", WAYS)
def test_without_a_policy_each_way_leads_elsewhere(way: str, start: Start, other: Project) -> None:
    server = serve(start, way, "at import", other, {})
    other.wait("event")
    server.stop()
