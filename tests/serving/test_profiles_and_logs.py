"""What the environment asks for beyond errors and traces arrives too."""

from __future__ import annotations

from typing import Callable

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]


def test_profile_chunks_arrive(start: Start, project: Project) -> None:
    environ = {"SENTRY_PROFILE_SESSION_SAMPLE_RATE": "1", "SENTRY_PROFILE_LIFECYCLE": "trace"}
    server = start(uvicorn("busy:app"), environ).ready()
    assert server.get("/").status_code == 200
    chunk = project.wait("profile_chunk")[0]
    assert chunk["platform"] == "python"
    functions = {frame["function"] for frame in chunk["profile"]["frames"]}
    assert "spin" in functions


def test_logs_and_sessions_arrive(start: Start, project: Project) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_ENABLE_LOGS": "on", "SENTRY_RELEASE": "shop@1.2"}).ready()
    server.provoke()
    server.stop()
    (event,) = project.wait("event")
    assert event["release"] == "shop@1.2"
    bodies = [log["body"] for payload in project.wait("log") for log in payload["items"]]
    assert any("GET /boom" in body for body in bodies)
    (sessions,) = project.wait("sessions")
    assert sessions["aggregates"][0]["crashed"] == 1
