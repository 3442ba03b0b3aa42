"""A websocket whose client leaves has ended well."""

from __future__ import annotations

from typing import Callable

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.harness.arrived import all_of, by_path, name_of, status_of
from tests.harness.each_server import on_each_server
from tests.harness.envelopes import Project
from tests.harness.served import serve
from tests.harness.server import Server


@on_each_server()
def test_the_transaction_of_a_websocket_says_how_it_ended(
    server: str, start: Callable[..., Server], project: Project
) -> None:
    served = serve(start, server, "case_websocket:app")
    url = served.url.replace("http", "ws")
    with connect(f"{url}/ws/1", proxy=None) as websocket:
        websocket.send("hello")
        assert websocket.recv() == "hello"
    with connect(f"{url}/ws/2", proxy=None) as websocket:
        websocket.send("bad")
        with pytest.raises(ConnectionClosed):
            websocket.recv()
    with pytest.raises(InvalidStatus) as refusal, connect(f"{url}/ws/3?t=no", proxy=None):
        pass
    assert refusal.value.response.status_code == 403
    (event,), payloads = all_of(served, project, 3)
    transactions = by_path(payloads)
    assert sorted(transactions) == ["/ws/1", "/ws/2", "/ws/3?t=no"]
    assert event["exception"]["values"][-1]["value"] == "in the socket"
    assert name_of(event) == ("/ws/{room}", "route")
    assert {name_of(each) for each in transactions.values()} == {("/ws/{room}", "route")}
    assert status_of(transactions["/ws/1"]) == "ok"
    assert status_of(transactions["/ws/2"]) == "internal_error"
