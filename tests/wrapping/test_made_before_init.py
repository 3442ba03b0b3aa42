"""An app that is made before the server is called sends what it sends with the SDK initialised first."""

from __future__ import annotations

import sys
from typing import Any, Callable

import pytest

from tests.harness.arrived import all_of, by_path, name_of, status_of
from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.served import Served, serve
from tests.harness.server import Server, free_port

Start = Callable[..., Server]

WAYS = ("uvicorn_run_object", "hypercorn_asyncio_serve", "granian_embedded", "gunicorn_application_of_object")
REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "/items/0", None),
    ("GET", "/items/1", None),
    ("GET", "/sync/items/0", None),
    ("POST", "/post", {"n": 0}),
    ("GET", "/made", None),
]
_OF_A_TRANSACTION = ("transaction", "transaction_info", "request", "tags", "type")
_OF_AN_EVENT = ("transaction", "transaction_info", "request", "tags", "level", "logentry")


@pytest.mark.parametrize(
    "way", [WAYS[0], WAYS[1], *(pytest.param(way, marks=pytest.mark.matrix) for way in WAYS[2:])]
)
def test_every_kind_of_route_reports_as_by_hand(
    way: str, start: Start, project: Project, new_project: Callable[[], Project]
) -> None:
    port = free_port()
    words = [sys.executable, "serve_by_code.py", way, "case_made_before_init:app", port]
    ours = exercise(Served(start, words, port), project)
    assert ours["event"]["/post"]["request"]["data"] == {"n": 0}
    assert {path: name_of(each) for path, each in ours["transaction"].items()} == {
        "/items/0": ("/items/{number}", "route"),
        "/items/1": ("/items/{number}", "route"),
        "/sync/items/0": ("/sync/items/{number}", "route"),
        "/post": ("/post", "route"),
        "/made": ("/made", "route"),
    }

    by_hand = new_project()
    environ = {"SENTRY_DSN": by_hand.dsn, "APP": "case_made_before_init"}
    theirs = exercise(serve(start, "uvicorn", "by_hand:app", environ=environ, bootstrap=False), by_hand)
    for path, event in theirs["event"].items():
        assert shape(ours["event"][path], _OF_AN_EVENT) == shape(event, _OF_AN_EVENT)
        assert errors(ours["event"][path]) == errors(event)
    for path, transaction in theirs["transaction"].items():
        assert shape(ours["transaction"][path], _OF_A_TRANSACTION) == shape(transaction, _OF_A_TRANSACTION)
        assert spans(ours["transaction"][path]) == spans(transaction)
        assert status_of(ours["transaction"][path]) == status_of(transaction)


def exercise(served: Served, project: Project) -> dict[str, dict[str, Any]]:
    with served.client() as client:
        for method, path, json in REQUESTS:
            answer = client.request(method, path, json=json, headers={"user-agent": "case"})
            assert answer.status_code == (200 if path.endswith("1") else 500)
    events, transactions = all_of(served, project, len(REQUESTS))
    arrived = {"event": by_path(events), "transaction": by_path(transactions)}
    assert (len(events), len(transactions)) == (4, 5)
    return arrived


def shape(payload: dict[str, Any], fields: tuple[str, ...]) -> Any:
    """Return what does not depend on the server or on where in the process the app was called."""
    found = normalised({field: payload.get(field) for field in fields})
    request = found["request"]
    request["url"] = request["url"].partition("://")[2].partition("/")[2]
    request["headers"] = {
        name: value for name, value in request["headers"].items() if name not in ("host", "connection")
    }
    request.pop("env", None)
    return found


def errors(event: dict[str, Any]) -> Any:
    return [
        (value["type"], value["value"], value["mechanism"]["type"], value["mechanism"]["handled"])
        for value in event["exception"]["values"]
    ]


def spans(transaction: dict[str, Any]) -> Any:
    return sorted((span["op"], span["description"], span["origin"]) for span in transaction["spans"])
