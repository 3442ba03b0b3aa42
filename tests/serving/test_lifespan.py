"""No support for the lifespan is no error, a failed start-up or shutdown is one."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.serving.served_app import Lifespan
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]


def summary(event: dict[str, Any]) -> str:
    """Return an event's exception value or its message."""
    if "exception" in event:
        return str(event["exception"]["values"][-1]["value"])
    return str(event.get("message") or event["logentry"]["message"])


@pytest.mark.parametrize("app", ["lifespans:refuses", "modules:app", "django_app:app", "asgi2_class:App"])
def test_an_app_without_lifespan_causes_no_event(app: str, start: Start, project: Project) -> None:
    server = start(uvicorn(app)).ready()
    assert server.get("/ok").status_code == 200
    server.stop()
    assert project.items("event") == []
    assert "Traceback" not in server.output


@pytest.mark.parametrize(
    ("app", "text"),
    [
        ("lifespans:says_startup_failed", "no database"),
        ("lifespans:says_startup_failed_and_waits", "no database"),
        ("lifespans:fastapi_fails_at_startup", "no database"),
    ],
)
def test_a_failed_start_up_is_reported_once_before_the_process_ends(
    app: str, text: str, start: Start, project: Project
) -> None:
    server = start(uvicorn(app))
    assert server.wait() == 3
    (event,) = project.wait("event")
    assert summary(event) == text
    assert len(project.items("event")) == 1


@pytest.mark.parametrize(
    ("app", "type_", "text"),
    [
        ("lifespans:raises_at_startup", "RuntimeError", "no database"),
        ("lifespans:raises_what_cannot_be_printed", "UnprintableError", "<broken repr>"),
    ],
)
def test_a_start_up_that_raises_is_reported_and_the_app_is_served_as_without_us(
    app: str, type_: str, text: str, start: Start, project: Project
) -> None:
    server = start(uvicorn(app))
    assert server.get("/ok").status_code == 200
    (event,) = project.wait("event")
    assert (event["exception"]["values"][-1]["type"], summary(event)) == (type_, text)
    assert event["exception"]["values"][-1]["mechanism"]["handled"] is False


@pytest.mark.parametrize("app", ["lifespans:raises_at_shutdown", "lifespans:fastapi_fails_at_shutdown"])
def test_a_failed_shutdown_is_reported_once(app: str, start: Start, project: Project) -> None:
    server = start(uvicorn(app)).ready()
    server.stop()
    (event,) = project.wait("event")
    assert summary(event) == "cannot close"
    assert len(project.items("event")) == 1


def test_what_was_captured_right_before_a_signal_arrives(start: Start, project: Project) -> None:
    server = start(uvicorn("raw3:app")).ready()
    server.provoke()
    server.stop()
    assert len(project.items("event")) == 1
    assert len(project.items("transaction")) == 1


@pytest.mark.parametrize(
    ("app", "text"),
    [
        ("broken_import:app", "integer division or modulo by zero"),
        ("raw3:no_such_app", 'Error loading ASGI app. Attribute "no_such_app" not found in module "raw3".'),
    ],
)
def test_an_app_that_cannot_be_imported_is_reported_once_with_status_as_without_us(
    app: str, text: str, start: Start, project: Project
) -> None:
    with_us = start(uvicorn(app))
    without = start(uvicorn(app), bootstrap=False)
    assert with_us.wait() == without.wait() != 0
    (event,) = project.wait("event")
    assert summary(event) == text
    assert len(project.items("event")) == 1


def test_what_is_no_message_ends_no_lifespan() -> None:
    sent = [None, 7, {}, {"type": 7}, {"type": "lifespan.startup.complete"}]
    assert [Lifespan([])._is_last(message) for message in sent] == [False] * len(sent)
    assert Lifespan([])._is_last({"type": "lifespan.shutdown.complete"})
