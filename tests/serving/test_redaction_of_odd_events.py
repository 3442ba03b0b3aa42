"""An event of any shape that the SDK sends arrives as by hand, and nothing of the client is in it."""

from __future__ import annotations

import json
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]
PATHS = (
    "/deep",
    "/no_stack_traces",
    "/no_exceptions",
    "/nothing_else",
    "/lists",
    "/deep_context",
    "/keys",
)
COOKIE = "s3ss10n-of-somebody"


def arrived(server: Server, path: str, project: Project) -> Any:
    """Let the app capture an error at `path`, and give the event."""
    assert server.get(path, headers={"cookie": COOKIE, "user-agent": "parity"}).status_code == 200
    (event,) = project.wait("event")
    server.stop()
    return event


def filtered(event: Any) -> Any:
    """Return the event with the cookie replaced, wherever it is."""
    return json.loads(json.dumps(event).replace(COOKIE, "[Filtered]"))


@pytest.mark.parametrize("path", PATHS)
def test_it_arrives_as_by_hand_without_what_the_client_sent(
    path: str, start: Start, project: Project, new_project: Callable[[], Project]
) -> None:
    ours = arrived(start(uvicorn("odd_app:app")), path, project)

    other = new_project()
    environ = {"SENTRY_DSN": other.dsn, "APP": "odd_app", "WITH_MIDDLEWARE": "1"}
    by_hand = arrived(start(uvicorn("by_hand:app"), environ, bootstrap=False), path, other)

    assert COOKIE in json.dumps(by_hand)
    assert COOKIE not in json.dumps(ours)
    assert normalised(ours) == normalised(filtered(by_hand))
