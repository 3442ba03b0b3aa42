"""Served apps whose libraries are instrumented when they are imported send what they send in the SDK's way."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.integrations.auto_enabling import LIBRARIES
from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]


def transaction_of(path: str, mode: str, start: Start, project: Project) -> dict[str, Any]:
    """Request a path that requests another one, of a new server, and give its transaction."""
    environ = {
        "SENTRY_DSN": project.dsn,
        "SENTRY_ASGI_INTEGRATIONS": mode,
        "SENTRY_ENABLE_HTTP_REQUEST_SOURCE": "false",  # told of slow requests only
    }
    server = start(uvicorn("late_imports:app"), environ).ready()
    assert server.get(path).text == "asked"
    sent = project.wait("transaction", 2)
    server.stop()
    (found,) = [item for item in sent if item["request"]["url"].endswith(path)]
    (called,) = [item for item in sent if item["request"]["url"].endswith("/ok")]
    assert called["contexts"]["trace"]["trace_id"] == found["contexts"]["trace"]["trace_id"]
    return found


@pytest.mark.parametrize("path", ["/coroutine", "/thread"])
def test_a_library_that_a_request_imports_is_instrumented_from_its_first_use_on(
    path: str, start: Start, new_project: Callable[[], Project]
) -> None:
    deferred = transaction_of(path, "deferred", start, new_project())
    eager = transaction_of(path, "eager", start, new_project())
    assert [span["op"] for span in deferred["spans"]] == ["http.client"]
    assert normalised(deferred) == normalised(eager)
    assert "httpx" in deferred["sdk"]["integrations"]
    assert set(deferred["sdk"]["integrations"]) < set(eager["sdk"]["integrations"])


def test_no_library_is_imported_that_the_app_does_not_import(start: Start, project: Project) -> None:
    server = start(uvicorn("late_imports:app")).ready()
    imported = server.get("/imported").text.split(",")
    assert set(LIBRARIES.values()).intersection(imported) == set()
    (transaction,) = project.wait("transaction")
    assert transaction["sdk"]["name"] == "sentry.python"
    server.stop()
