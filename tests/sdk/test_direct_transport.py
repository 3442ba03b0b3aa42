"""Envelopes go to their connection as directly as they can, and arrive where that is not enough."""

from __future__ import annotations

import http.server
from typing import Any, Callable, Iterator

import pytest

from tests.harness.envelopes import Project
from tests.harness.http_service import running
from tests.harness.server import Server, uvicorn


class Receiver:
    """A receiver that counts its connections, and sends each envelope on to another by a redirect."""

    def __init__(self) -> None:
        self.elsewhere = ""
        self.connections: set[Any] = set()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver.connections.add(self.client_address)
                self.rfile.read(int(self.headers["content-length"]))
                self.send_response(307 if receiver.elsewhere else 200)
                if receiver.elsewhere:
                    self.send_header("Location", receiver.elsewhere)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Keep quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.dsn = f"http://key@127.0.0.1:{self.server.server_port}/1"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Yield a running receiver."""
    receiver = Receiver()
    with running(receiver.server):
        yield receiver


def test_an_envelope_that_is_redirected_arrives(
    start: Callable[..., Server], receiver: Receiver, project: Project
) -> None:
    origin, _, number = project.dsn.rpartition("/")
    scheme, _, rest = origin.partition("://")
    receiver.elsewhere = f"{scheme}://{rest.rpartition('@')[2]}/api/{number}/envelope/"
    start(uvicorn("raw3:app"), {"SENTRY_DSN": receiver.dsn}).provoke()
    (event,) = project.wait("event")
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"


def test_all_envelopes_share_a_connection(start: Callable[..., Server], receiver: Receiver) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_DSN": receiver.dsn}).ready()
    for _ in range(5):
        server.provoke()
    server.stop()
    assert len(receiver.connections) == 1


@pytest.mark.parametrize("setting", ["SENTRY_HTTP_PROXY", "http_proxy"])
def test_a_proxy_is_asked(
    setting: str, start: Callable[..., Server], receiver: Receiver, project: Project
) -> None:
    proxy = f"http://127.0.0.1:{receiver.server.server_port}"
    server = start(uvicorn("raw3:app"), {"SENTRY_DSN": "http://key@sentry.example/1", setting: proxy}).ready()
    server.provoke()
    server.stop()
    assert len(receiver.connections) == 1
