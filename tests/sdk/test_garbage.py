"""An app that gives `sentry_sdk.init` garbage hears of it what it would hear from the SDK alone."""

from __future__ import annotations

import re
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.policies import Policy
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

POLICY: dict[str, Any] = {
    "limits": {
        "dsn": {"allow": ["127.0.0.1"]},
        "max_breadcrumbs": {"max": 10},
        "traces_sample_rate": {"max": 0.5},
    },
    "enforced": {
        "send_default_pii": False,
        "before_send": "policy_hooks:before_send",
        "event_scrubber": "policy_hooks:Scrubber",
    },
}


def outcomes(server: Server) -> list[str]:
    """Return what the app printed of each of its calls."""
    server.ready().stop()
    return re.findall(r"^.*: (?:gave|raised) .*$", server.stdout, re.MULTILINE)


@pytest.fixture
def stock(start: Start) -> list[str]:
    """Return what the SDK alone makes of them."""
    found = outcomes(start(uvicorn("garbage_init:app"), bootstrap=False))
    assert len(found) == 31
    assert sum("raised" in each for each in found) > 10
    return found


@pytest.mark.parametrize("mode", ["merge", "replace"])
def test_what_the_sdk_raises_is_raised_and_nothing_else(mode: str, stock: list[str], start: Start) -> None:
    environ = {"SENTRY_ASGI_ON_APP_INIT": mode, "SENTRY_TRACES_SAMPLE_RATE": "1"}
    server = start(uvicorn("garbage_init:app"), environ)
    assert outcomes(server) == stock
    assert "unexpected-error" not in server.output


def test_under_a_policy_nothing_is_raised_that_the_sdk_would_not_raise(
    stock: list[str], start: Start, policy: Policy
) -> None:
    server = start(uvicorn("garbage_init:app"), policy(**POLICY))
    ours = outcomes(server)
    # What the policy replaces, the SDK does not see: it has nothing to raise for.
    assert [each for each in ours if "raised" in each and each not in stock] == []
    assert "unexpected-error" not in server.output


def test_after_garbage_the_client_that_was_there_is_still_there(start: Start, project: Project) -> None:
    environ = {"INIT": "with its options", "OPTIONS": '{"no_such_option": 1}', "SENTRY_RELEASE": "platform"}
    server = start(uvicorn("own_init:app"), environ)
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    assert "the app's init raised TypeError: Unknown option 'no_such_option'" in server.output
    assert event["release"] == "platform"
