"""An app that answers 5xx and reports nothing: by a setting, that response is an event."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from tests.harness.arrived import all_of, by_path, name_of
from tests.harness.each_server import on_each_server
from tests.harness.envelopes import Project
from tests.harness.served import serve
from tests.harness.server import Server

Start = Callable[..., Server]

ON = {"SENTRY_ASGI_CAPTURE_5XX": "true"}
ANSWERS = {"/ok": 200, "/bad": 500, "/unavailable": 503, "/missing": 404, "/raises": 500}


@on_each_server()
def test_a_5xx_that_no_error_explains_is_one_event_by_the_setting(
    server: str, start: Start, project: Project
) -> None:
    served = serve(start, server, "case_swallowed:app", environ=ON)
    with served.client() as client:
        assert {path: client.get(path).status_code for path in ANSWERS} == ANSWERS
    events, transactions = map(by_path, all_of(served, project, len(ANSWERS)))
    assert (sorted(events), len(transactions)) == (["/bad", "/raises", "/unavailable"], len(ANSWERS))
    assert "SENTRY_ASGI_CAPTURE_5XX" not in served.server.output
    assert said(events["/bad"]) == "500 Internal Server Error: GET /bad"
    assert said(events["/unavailable"]) == "503 Service Unavailable: GET /unavailable"
    for path in ("/bad", "/unavailable"):
        event = events[path]
        assert (event["level"], event["request"]["method"], name_of(event)) == ("error", "GET", (path, "url"))
        assert "exception" not in event
    assert events["/raises"]["exception"]["values"][-1]["value"] == "left to the server"


@pytest.mark.parametrize("settings", [{}, {"SENTRY_ASGI_CAPTURE_5XX": "false"}], ids=["by default", "off"])
def test_without_the_setting_it_is_none(settings: dict[str, str], start: Start, project: Project) -> None:
    served = serve(start, "uvicorn", "case_swallowed:app", environ=settings)
    with served.client() as client:
        assert {path: client.get(path).status_code for path in ANSWERS} == ANSWERS
    (event,), transactions = all_of(served, project, len(ANSWERS))
    assert len(transactions) == len(ANSWERS)
    assert event["exception"]["values"][-1]["value"] == "left to the server"


def test_a_5xx_that_an_integration_has_reported_is_no_second_event(start: Start, project: Project) -> None:
    served = serve(start, "uvicorn", "case_made_before_init:app", environ=ON)
    with served.client() as client:
        assert client.get("/made").status_code == 500
        assert client.get("/items/0").status_code == 500
    events, _ = map(by_path, all_of(served, project, 2))
    assert sorted(events) == ["/items/0", "/made"]


def said(event: dict[str, Any]) -> str:
    return str(event.get("message") or event["logentry"].get("formatted") or event["logentry"]["message"])
