"""Websockets: one transaction, one error, named as the integration names it."""

from __future__ import annotations

from typing import Callable

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]


@pytest.mark.parametrize("app", ["raw3:app", "fastapi_app:app"])
def test_a_conversation_makes_one_transaction(app: str, start: Start, project: Project) -> None:
    server = start(uvicorn(app)).ready()
    with connect(server.url.replace("http", "ws") + "/ws", proxy=None) as websocket:
        websocket.send("hello")
        assert websocket.recv() == "hello"
    (transaction,) = project.wait("transaction")
    server.stop()
    assert transaction["contexts"]["trace"]["op"] == "websocket.server"
    assert transaction["tags"]["asgi.type"] == "websocket"
    assert (len(project.items("transaction")), project.items("event")) == (1, [])


@pytest.mark.parametrize("app", ["raw3:app", "fastapi_app:app"])
def test_an_error_in_one_is_reported_once(app: str, start: Start, project: Project) -> None:
    server = start(uvicorn(app)).ready()
    with connect(server.url.replace("http", "ws") + "/ws", proxy=None) as websocket:
        websocket.send("boom")
        with pytest.raises(ConnectionClosed):
            websocket.recv()
    (event,) = project.wait("event")
    project.wait("transaction")
    server.stop()
    assert event["exception"]["values"][-1]["value"] == "websocket boom"
    assert event["request"]["url"].endswith("/ws")
    assert (len(project.items("event")), len(project.items("transaction"))) == (1, 1)
