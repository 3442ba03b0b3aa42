"""What frameworks and servers raise into an app whose client has gone is no error of the app's."""

from __future__ import annotations

import asyncio
from typing import Callable

import pytest

from sentry_asgi_autoconf.serving import server_noise
from sentry_asgi_autoconf.serving.server_noise import ServerNoise
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

ERRORS = {
    ("starlette.requests", "ClientDisconnect"),
    ("starlette.websockets", "WebSocketDisconnect"),
    ("litestar.exceptions.websocket_exceptions", "WebSocketDisconnect"),
    ("uvicorn.protocols.utils", "ClientDisconnected"),
}


def test_each_of_these_makes_no_event(start: Start, project: Project) -> None:
    assert set(server_noise._CLIENT_HAS_GONE) == ERRORS
    server = start(uvicorn("clients_gone:app"))
    for module, name in ERRORS:
        server.provoke(f"/{module}:{name}")
    server.provoke("/builtins:ConnectionError")
    project.wait("event")
    server.stop()
    (event,) = [item["payload"] for item in project.items("event")]
    assert event["exception"]["values"][-1]["type"] == "ConnectionError"


@pytest.mark.parametrize(("logger", "is_dropped"), [("asyncio", True), ("shop", False)])
def test_what_asyncio_alone_logs_of_a_request_that_was_given_up_is_dropped(
    logger: str, is_dropped: bool
) -> None:
    error = asyncio.CancelledError()
    event = {"logger": logger, "level": "error"}
    found = ServerNoise()._process(event, {"exc_info": (type(error), error, None)})
    assert found is (None if is_dropped else event)
