"""What is reported of the processes that an app starts through multiprocessing: the table in the docs, measured."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

# How a process is started → what is reported of one by default, and where every process is instrumented.
REPORTED = {
    "fork/fails": (["in a child"], ["in a child"]),
    "fork/activates": (["from a child"], ["from a child"]),
    "spawn/fails": ([], ["in a child"]),
    "spawn/captures": ([], ["from a child"]),
    "spawn/activates": (["from a child"], ["from a child"]),
    "forkserver/fails": ([], ["in a child"]),
    "forkserver/activates": (["from a child"], ["from a child"]),
}


def what(event: dict[str, Any]) -> str:
    """Return what an event says."""
    return str(event["exception"]["values"][-1]["value"] if "exception" in event else event["message"])


@pytest.mark.parametrize("processes", ["guarded", "all"])
def test_what_is_reported_of_processes_that_an_app_starts(
    processes: str, start: Start, new_project: Callable[[], Project]
) -> None:
    project = new_project()
    environ = {"SENTRY_DSN": project.dsn, "SENTRY_ASGI_PROCESSES": processes}
    server = start(uvicorn("forking:app"), environ).ready()
    reported: list[str] = []
    for path, expected in REPORTED.items():
        # Its exit status is that without us.
        assert server.get(f"/{path}").text == str(int(path.endswith("fails")))
        events = [item["payload"] for item in project.items("event")]
        assert [what(event) for event in events[len(reported) :]] == expected[processes == "all"], path
        reported = [what(event) for event in events]
    server.stop()
    events = [item["payload"] for item in project.items("event")]
    assert len(events) == len(reported)
    assert events[0]["request"]["url"].endswith("/fork/fails")
    assert events[0]["exception"]["values"][-1]["mechanism"]["handled"] is False
