"""An app that hands its requests on to others: one scope and one transaction each, named by who answers it."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

FASTAPI, FLASK, SANIC = "auto.http.starlette", "auto.http.flask", "auto.http.sanic"
# Request → name, origin, and the types of its events.
ANSWERED = {
    "/api/1": ("/api/{number}", FASTAPI, []),
    "/api/0": ("/api/{number}", FASTAPI, ["ZeroDivisionError"]),
    "/flask/boom": ("boom", FLASK, ["ZeroDivisionError"]),
    "/flask/items/42": ("item", FLASK, []),
    "/sanic/boom": ("boom", SANIC, ["ZeroDivisionError"]),
    "/sanic/items/42": ("item", SANIC, []),
    "/mounts/leaf/0": ("/mounts/leaf/{number:int}", FASTAPI, ["ZeroDivisionError"]),
    "/mounts/deep/a/er/leaf/1": ("/mounts/deep/{tenant}/er/leaf/{number:int}", FASTAPI, []),
}


def test_each_request_is_named_by_who_answers_it(start: Start, project: Project) -> None:
    server = start(uvicorn("gateway:app")).ready()
    for number, (path, (name, origin, errors)) in enumerate(ANSWERED.items(), start=1):
        assert server.get(path).status_code == (500 if errors else 200), path
        transaction = project.wait("transaction", number)[-1]
        assert (transaction["transaction"], transaction["contexts"]["trace"]["origin"]) == (name, origin)
    server.provoke("/own")
    own = project.wait("transaction", number + 1)[-1]
    server.stop()
    assert own["transaction"].endswith("/own")
    assert own["contexts"]["trace"]["origin"] == "manual"
    assert len(project.items("transaction")) == len(ANSWERED) + 1
    events = [item["payload"] for item in project.items("event")]
    expected = [(name, error) for name, _, errors in ANSWERED.values() for error in errors]
    assert [(event["transaction"], type_of(event)) for event in events[:-1]] == expected
    assert events[-1]["tags"] == {"own": "/own"}
    assert all("own" not in (event.get("tags") or {}) for event in events[:-1])
    assert all("url" in event["request"] for event in events)


def test_an_event_has_the_request_that_the_server_handed_over(start: Start, project: Project) -> None:
    server = start(uvicorn("gateway:app")).ready()
    server.provoke("/v2/0")
    (event,) = project.wait("event")
    assert event["transaction"] == "/api/{number}"
    assert event["request"]["url"].endswith("/v2/0")
    assert "x-added" not in event["request"]["headers"]


def type_of(event: Any) -> str:
    return str(event["exception"]["values"][-1]["type"])


@pytest.mark.parametrize("name", ["KeyError", "ValueError"])
def test_an_error_that_a_handler_captures_or_logs_in_a_thread_is_one_event(
    name: str, start: Start, project: Project
) -> None:
    server = start(uvicorn("gateway:app")).ready()
    for _ in range(2):
        assert server.get(f"/api/raise/{name}").status_code == 500
    project.wait("transaction", 2)
    project.wait("event", 2)
    server.stop()
    assert [type_of(item["payload"]) for item in project.items("event")] == [name, name]


def test_the_arguments_of_an_integration_inside_hold(start: Start, project: Project) -> None:
    environ = {"SENTRY_INTEGRATIONS": "gateway_integrations:starlette,gateway_integrations:fastapi"}
    server = start(uvicorn("gateway:app"), environ).ready()
    server.request("POST", "/api/1")  # it takes this method away
    server.request("OPTIONS", "/own")  # and adds this one, for what it answers itself
    for number, method in enumerate(("GET", "OPTIONS"), start=1):
        server.request(method, "/api/1")
        transaction = project.wait("transaction", number)[-1]
        assert transaction["request"]["method"] == method
        assert transaction["transaction"] == "gateway.item"
        assert transaction["transaction_info"] == {"source": "component"}
    server.stop()
    assert len(project.items("transaction")) == 2


def test_nothing_is_made_twice_where_nothing_is_sampled(start: Start, project: Project) -> None:
    server = start(uvicorn("gateway:app"), {"SENTRY_TRACES_SAMPLE_RATE": "0"}).ready()
    for path in ANSWERED:
        server.get(path)
    server.stop()
    assert not project.items("transaction")
    lost = [each for item in project.items("client_report") for each in item["payload"]["discarded_events"]]
    counted = [each["quantity"] for each in lost if each["category"] == "transaction"]
    assert sum(counted) == len(ANSWERED)
