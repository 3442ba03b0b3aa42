"""What of errors in background work is reported, and what is not: the table in the docs, measured."""

from __future__ import annotations

import sys
from typing import Any, Callable, NamedTuple

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]


class Reported(NamedTuple):
    """What one event tells of where it comes from."""

    by: str
    logged: str | None
    request: str | None


TASK = Reported("asyncio", None, "start")
REQUEST = Reported("starlette", None, "start")
THREAD = Reported("threading", None, "start")
NEVER_RETRIEVED = Reported("logging", "Task exception was never retrieved", None)
FUTURE_NEVER_RETRIEVED = NEVER_RETRIEVED._replace(logged="Future exception was never retrieved")
IN_THREAD = NEVER_RETRIEVED._replace(request="start")
CALLBACK = Reported("logging", "Exception in callback", "start")

# Kind of work → what is reported without the asyncio integration, and with it.
KINDS: dict[str, tuple[list[Reported], list[Reported]]] = {
    "dropped-task": ([NEVER_RETRIEVED], [TASK]),
    "cyclic-task": ([NEVER_RETRIEVED._replace(request="settle")], [TASK]),
    "kept-task": ([], [TASK]),
    "awaited-task": ([REQUEST], [TASK]),
    "retrieved-task": ([], [TASK]),
    "gather": ([], [TASK]),
    "own-handler": ([], [TASK]),
    "anyio-group": ([REQUEST], [TASK, REQUEST]),
    "starlette-background": ([REQUEST], [REQUEST]),
    "fastapi-background": ([REQUEST], [REQUEST]),
    "fastapi-background-function": ([REQUEST], [REQUEST]),
    "callback": ([CALLBACK], [CALLBACK]),
    "thread": ([THREAD], [THREAD]),
    "other-loop": ([IN_THREAD], [IN_THREAD]),
    "executor": ([FUTURE_NEVER_RETRIEVED], [FUTURE_NEVER_RETRIEVED]),
    "awaited-executor": ([REQUEST], [REQUEST]),
    "pool": ([], []),
}
if sys.version_info >= (3, 11):
    KINDS["asyncio-group"] = KINDS["anyio-group"]


@pytest.mark.parametrize("integration", [False, True], ids=["without the integration", "with it"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_reported(kind: str, integration: bool, start: Start, project: Project) -> None:
    expected = KINDS[kind][integration]
    environ = {"SENTRY_INTEGRATIONS": "asyncio"} if integration else {}
    server = start(uvicorn("unhandled:app"), environ).ready()
    server.get(f"/start/{kind}")
    assert server.get("/settle").status_code == 200
    if expected:
        project.wait("event", len(expected))
    server.stop()
    assert [reported(item["payload"]) for item in project.items("event")] == expected


def reported(event: dict[str, Any]) -> Reported:
    message = event.get("logentry", {}).get("message")
    logged = message and message.splitlines()[0].partition(" <")[0]
    by = event["exception"]["values"][-1]["mechanism"]["type"]
    path = event.get("request", {}).get("url", "///").split("/")[3]
    return Reported(by, logged, path or None)


def test_each_error_of_a_task_and_of_a_thread_that_the_lifespan_starts_is_reported(
    start: Start, project: Project
) -> None:
    server = start(uvicorn("lifespans:starts_work"), {"SENTRY_INTEGRATIONS": "asyncio"}).ready()
    project.wait("event", 4)
    server.stop()
    events = [reported(item["payload"]).by for item in project.items("event")]
    assert sorted(events) == ["asyncio", "asyncio", "threading", "threading"]


def test_what_asyncio_logs_is_left_out_without_the_integration_for_logs(
    start: Start, project: Project
) -> None:
    server = start(uvicorn("unhandled:app"), {"SENTRY_DISABLED_INTEGRATIONS": "logging"}).ready()
    assert server.get("/start/dropped-task").status_code == 200
    assert server.get("/settle").status_code == 200
    server.stop()
    assert "Task exception was never retrieved" in server.output
    assert project.items("event") == []
