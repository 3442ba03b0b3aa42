"""SENTRY_ASGI_ON_APP_INIT: an app's own init is put over the settings, passed over, or stands alone."""

from __future__ import annotations

from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.policies import Policy
from tests.harness.server import Server, uvicorn
from tests.sdk.test_ways_to_init import OF_THE_APP, lines

Start = Callable[..., Server]

# SENTRY_DIST is no variable of the SDK's own.
APP = {"INIT": "by keywords", "SENTRY_DIST": "of-the-platform", "SENTRY_ASGI_LOG_LEVEL": "info", **OF_THE_APP}


def sent(server: Server, project: Project) -> tuple[str, str | None]:
    """Return environment and dist of the one event that arrives."""
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    return event["environment"], event.get("dist")


def test_merge_puts_it_over_the_settings(start: Start, project: Project, other: Project) -> None:
    environ = {**APP, "OTHER_DSN": other.dsn, "SENTRY_ASGI_ON_APP_INIT": "merge"}
    server = start(uvicorn("own_init:app"), environ)
    assert sent(server, other) == ("of-the-app", "of-the-platform")
    assert project.items() == []


def test_keep_passes_it_over_and_says_so(start: Start, project: Project, other: Project) -> None:
    environ = {**APP, "OTHER_DSN": other.dsn, "SENTRY_ASGI_ON_APP_INIT": "keep"}
    server = start(uvicorn("own_init:app"), environ)
    assert sent(server, project) == ("production", "of-the-platform")
    assert other.items() == []
    assert "the app's init gave _InitGuard" in server.output
    (line,) = lines(server)
    assert "is ignored, because SENTRY_ASGI_ON_APP_INIT is keep: it would set dsn, environment." in line


def test_replace_lets_it_stand_alone(start: Start, project: Project, other: Project) -> None:
    environ = {**APP, "OTHER_DSN": other.dsn, "SENTRY_ASGI_ON_APP_INIT": "replace"}
    server = start(uvicorn("own_init:app"), environ)
    assert sent(server, other) == ("of-the-app", None)
    assert project.items() == []


def test_replace_leaves_a_policy_in_force(
    start: Start, project: Project, other: Project, policy: Policy
) -> None:
    ruled = policy(limits={"dsn": {"allow": ["127.0.0.1"]}}, enforced={"dist": "enforced"})
    environ = {**APP, "OTHER_DSN": other.dsn, "SENTRY_ASGI_ON_APP_INIT": "replace", **ruled}
    server = start(uvicorn("own_init:app"), environ)
    assert sent(server, project) == ("of-the-app", "enforced")
    assert other.items() == []


@pytest.mark.parametrize("has_destination", [True, False], ids=["with a DSN", "without a DSN"])
def test_a_policy_can_enforce_the_mode(
    has_destination: bool, start: Start, project: Project, other: Project, policy: Policy
) -> None:
    ruled = policy(enforced={"asgi_on_app_init": "keep"})
    environ = {**APP, "OTHER_DSN": other.dsn, "SENTRY_ASGI_ON_APP_INIT": "replace", **ruled}
    server = start(uvicorn("own_init:app"), {**environ, **({} if has_destination else {"SENTRY_DSN": None})})
    if has_destination:
        assert sent(server, project) == ("production", "of-the-platform")
    else:
        server.provoke()
        server.stop()
        assert project.items() == []
    assert other.items() == []
    assert len(lines(server)) == 1
