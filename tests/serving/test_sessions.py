"""What a request is opened with besides its scopes: a session, and what logs tell of it."""

from __future__ import annotations

import time
from collections import Counter
from datetime import datetime, timezone
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

PATHS = ("/", "/reported", "/boom", "/own", "/logged", "/")
HEADERS: list[dict[str, str]] = [
    {},
    {"Host": "service.example"},
    {
        "Host": "service.example",
        "X-Forwarded-For": "203.0.113.7, 127.0.0.1",
        "X-Forwarded-Host": "shop.example",
    },
    {"Host": "service.example", "X-Real-IP": "203.0.113.7"},
    {"User-Agent": ""},
]


@pytest.fixture(params=["counted", "counted_framework"])
def sent(
    request: pytest.FixtureRequest, start: Callable[..., Server], new_project: Callable[[], Project]
) -> tuple[Project, Project]:
    """Return what the app sends for some requests, instrumented by us and by hand."""
    projects = new_project(), new_project()
    for project in projects:
        by_hand = project is projects[1]
        environ = {
            "SENTRY_DSN": project.dsn,
            "SENTRY_RELEASE": "shop@1.2",
            "SENTRY_ENABLE_LOGS": "true",
            "APP": request.param,
            "LOGS": "true",
            "WITH_MIDDLEWARE": "1" if request.param == "counted" else "",
        }
        if by_hand:
            environ["PYTHONPATH"] = ""
        options = ("--limit-max-requests", str(len(PATHS) + len(HEADERS)))
        server = start(
            uvicorn("by_hand:app" if by_hand else f"{request.param}:app", *options), environ
        ).ready()
        for path in PATHS:
            server.get(path)
        for headers in HEADERS:
            server.get("/logged", headers=headers)
        server.wait()
    return projects


def counts(project: Project) -> Counter[str]:
    """Count the requests of a project by how they ended."""
    found: Counter[str] = Counter()
    for sessions in project.wait("sessions"):
        assert sessions["attrs"] == {"release": "shop@1.2", "environment": "production"}
        for aggregate in sessions["aggregates"]:
            assert -120 < minute(aggregate["started"]) - time.time() <= 0
            found.update({how: number for how, number in aggregate.items() if how != "started"})
    return found


def minute(started: str) -> float:
    """Return the moment, in seconds since the epoch, at which the minute of an aggregate began."""
    moment = datetime.strptime(started, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
    assert moment.second == moment.microsecond == 0
    return moment.timestamp()


def told(project: Project) -> list[tuple[Any, Any]]:
    """Return what each log tells of the request."""
    names = ("sentry.is_localhost", "user_agent.original")
    logs = [log for payload in project.wait("log") for log in payload["items"] if log["body"] == "logged"]
    return [tuple(log["attributes"].get(name) for name in names) for log in logs]


def test_sessions_are_counted_as_by_hand_and_logs_tell_of_their_requests(
    sent: tuple[Project, Project],
) -> None:
    ours, by_hand = sent
    assert counts(ours) == counts(by_hand)
    assert counts(ours)["crashed"] == counts(ours)["errored"] == 1
    assert told(ours) == told(by_hand)
    assert len({str(each) for each in told(ours)}) > 1
