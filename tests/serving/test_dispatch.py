"""Each request has its own scope, error and transaction, whatever an app dispatches it to."""

from __future__ import annotations

from typing import Any, Callable

from tests.harness.arrived import all_of, by_path, name_of, status_of
from tests.harness.each_server import SERVERS, on_each_server
from tests.harness.envelopes import Project
from tests.harness.served import serve
from tests.harness.server import Server


@on_each_server(*SERVERS)
def test_a_gateway_that_has_an_api_behind_it(
    server: str, start: Callable[..., Server], project: Project
) -> None:
    served = serve(start, server, "case_dispatch:app")
    for paths in (["/ok", "/api/1", "/api/0"], ["/api/1", "/ok", "/bad"], ["/api/0"], ["/bad"]):
        with served.client(keep_alive=True) as client:
            answers = [client.get(path).status_code for path in paths]
            assert answers == [500 if path in ("/api/0", "/bad") else 200 for path in paths]
    events, transactions = all_of(served, project, 8)
    assert sorted((name_of(event), own(event), error(event)) for event in events) == [
        (("/api/{number}", "route"), "", "ZeroDivisionError"),
        (("/api/{number}", "route"), "", "ZeroDivisionError"),
        (("/bad", "url"), "/bad", "ValueError"),
        (("/bad", "url"), "/bad", "ValueError"),
    ]
    assert sorted((name_of(each), own(each), status_of(each)) for each in transactions) == [
        (("/api/{number}", "route"), "", "internal_error"),
        (("/api/{number}", "route"), "", "internal_error"),
        (("/api/{number}", "route"), "", "ok"),
        (("/api/{number}", "route"), "", "ok"),
        (("/bad", "url"), "/bad", "internal_error"),
        (("/bad", "url"), "/bad", "internal_error"),
        (("/ok", "url"), "/ok", "ok"),
        (("/ok", "url"), "/ok", "ok"),
    ]
    traces = {each["contexts"]["trace"]["trace_id"]: each for each in transactions}
    assert len(traces) == len(transactions)
    for event in events:
        of_the_same_request = traces[event["contexts"]["trace"]["trace_id"]]
        assert event["request"]["url"] == of_the_same_request["request"]["url"]
        assert event["request"]["method"] == "GET"


def test_the_api_behind_a_gateway_is_named_as_its_integration_names_it(
    start: Callable[..., Server], project: Project
) -> None:
    served = serve(start, "uvicorn", "case_dispatch:app")
    with served.client() as client:
        client.get("/ok")
        client.get("/api/0")
    events, transactions = all_of(served, project, 2)
    assert by_path(transactions)["/api/0"]["contexts"]["trace"]["origin"] == "auto.http.starlette"
    (event,) = events
    (value,) = event["exception"]["values"]
    assert value["mechanism"]["type"] == "starlette"


def own(payload: dict[str, Any]) -> str:
    return str(payload.get("tags", {}).get("own", ""))


def error(event: dict[str, Any]) -> str:
    return str(event["exception"]["values"][-1]["type"])
