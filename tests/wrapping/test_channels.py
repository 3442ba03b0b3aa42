"""Django with channels: views as Django names them, websockets named by their route, consumers' errors once."""

from __future__ import annotations

from typing import Any, Callable

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.harness.arrived import all_of, by_path, name_of, status_of
from tests.harness.each_server import on_each_server
from tests.harness.envelopes import Project
from tests.harness.served import Served, serve
from tests.harness.server import Server

Start = Callable[..., Server]

# As the route is written, or as Sentry's Django integration writes its routes.
CHAT = ("/ws/chat/<str:room>/", "/ws/chat/{room}/")


def converse(served: Served, path: str, *texts: str) -> None:
    """Say each text and hear it again, except for a last one that makes the consumer fail."""
    with connect(f"{served.url.replace('http', 'ws')}{path}", proxy=None) as websocket:
        for text in texts:
            websocket.send(text)
            if text == "bad":
                with pytest.raises(ConnectionClosed):
                    websocket.recv()
            else:
                assert websocket.recv() == f"echo {text}"


@on_each_server("daphne", also=("daphne",))
def test_views_and_consumers_report_once_and_by_name(server: str, start: Start, project: Project) -> None:
    served = serve(start, server, "case_channels:app")
    with served.client() as client:
        assert [client.get(path).status_code for path in ("/ok", "/bad")] == [200, 500]
    converse(served, "/ws/chat/red/", "tag", "hello")
    converse(served, "/ws/chat/blue/", "bad")
    converse(served, "/ws/sync/", "hello", "bad")
    events, transactions = map(by_path, all_of(served, project, 5))
    assert sorted(events) == ["/bad", "/ws/chat/blue/", "/ws/sync/"]
    assert sorted(transactions) == ["/bad", "/ok", "/ws/chat/blue/", "/ws/chat/red/", "/ws/sync/"]
    for path in ("/ok", "/bad"):
        assert name_of(transactions[path]) == (path, "route")
        assert transactions[path]["contexts"]["trace"]["origin"] == "auto.http.django"
    assert name_of(events["/bad"]) == ("/bad", "route")
    for path, names in (("/ws/chat/red/", CHAT), ("/ws/chat/blue/", CHAT), ("/ws/sync/", ("/ws/sync/",))):
        assert transactions[path]["transaction"] in names
        assert transactions[path]["transaction_info"]["source"] == "route"
        assert transactions[path]["contexts"]["trace"]["op"] == "websocket.server"
    assert room(transactions["/ws/chat/red/"]) == "red"
    assert room(transactions["/ws/chat/blue/"]) is None
    assert status_of(transactions["/ws/chat/red/"]) == "ok"
    assert status_of(transactions["/ws/chat/blue/"]) == "internal_error"

    for path, text in (("/ws/chat/blue/", "in the consumer"), ("/ws/sync/", "'in the sync consumer'")):
        assert events[path]["exception"]["values"][-1]["value"] == text
        assert events[path]["transaction"] == transactions[path]["transaction"]
        assert room(events[path]) is None


def room(payload: dict[str, Any]) -> Any:
    return payload.get("tags", {}).get("room")


def test_on_uvicorn_too_the_views_are_djangos(start: Start, project: Project) -> None:
    served = serve(start, "uvicorn", "case_channels:app")
    with served.client() as client:
        client.get("/ok")
    _, (transaction,) = all_of(served, project, 1)
    assert (transaction["contexts"]["trace"]["origin"], name_of(transaction)) == (
        "auto.http.django",
        ("/ok", "route"),
    )
