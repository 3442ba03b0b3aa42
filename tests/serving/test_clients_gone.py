"""What frameworks and servers raise into an app whose client has gone is no error of the app's."""

from __future__ import annotations

from typing import Callable

from sentry_asgi_autoconf.serving import server_noise
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
