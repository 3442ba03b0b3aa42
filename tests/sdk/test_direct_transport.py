"""Envelopes go to their connection as directly as they can, and arrive where that is not enough."""

from __future__ import annotations

import http.server
from typing import Any, Callable, Iterator

import pytest

from tests.harness.envelopes import Project
from tests.harness.http_service import running
from tests.harness.server import Server, until, uvicorn

Handler = http.server.BaseHTTPRequestHandler


def answer(handler: Handler, status: int = 200, body: bytes = b"", **headers: str) -> None:
    """Answer, with a length unless the headers say how long it is."""
    handler.send_response(status)
    for name, value in headers.items() or {"Content_Length": str(len(body))}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


class Receiver:
    """A receiver that counts its connections and envelopes, and answers in its own way."""

    def __init__(self) -> None:
        self.answer: Callable[[Handler], None] = answer
        self.connections: set[Any] = set()
        self.events = 0
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                receiver.connections.add(self.client_address)
                self.rfile.read(int(self.headers["content-length"]))
                receiver.answer(self)
                receiver.events += 1

            def log_message(self, *args: Any) -> None:
                """Keep quiet."""

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.environ = {
            "SENTRY_DSN": f"http://key@127.0.0.1:{self.server.server_port}/1",
            # So that each envelope is an event's.
            "SENTRY_AUTO_SESSION_TRACKING": "false",
            "SENTRY_SEND_CLIENT_REPORTS": "false",
            "SENTRY_TRACES_SAMPLE_RATE": "0",
        }


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
    there = f"{scheme}://{rest.rpartition('@')[2]}/api/{number}/envelope/"
    receiver.answer = lambda handler: answer(handler, 307, Location=there, Content_Length="0")
    server = start(uvicorn("raw3:app"), receiver.environ).ready()
    for count in (1, 2, 3):  # the first opens the connection, the others find it open
        server.provoke()
        event = project.wait("event", count)[-1]
        assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"


def chunked(handler: Handler) -> None:
    """Say the length of each part of the answer."""
    answer(handler, body=b"2\r\n{}\r\n0\r\n\r\n", Transfer_Encoding="chunked")


def closing(handler: Handler) -> None:
    """Say that the connection ends, and where the answer ends by that."""
    answer(handler, body=b"{}", Connection="close")


def leaving(handler: Handler) -> None:
    """End the connection without a word."""
    answer(handler)
    handler.close_connection = True


def going_on(handler: Handler) -> None:
    """Say first that there is an answer to come."""
    handler.send_response_only(100)
    handler.end_headers()
    answer(handler, body=b"{}")


def saying_nothing(handler: Handler) -> None:
    """Answer without a body."""
    handler.send_response(204)
    handler.end_headers()


@pytest.mark.parametrize("way", [chunked, closing, leaving, going_on, saying_nothing])
def test_each_event_arrives_once_whatever_the_receiver_answers(
    way: Callable[[Handler], None], start: Callable[..., Server], receiver: Receiver
) -> None:
    receiver.answer = way
    server = start(uvicorn("raw3:app"), receiver.environ).ready()
    for count in range(1, 5):
        server.provoke()
        until(lambda: receiver.events >= count, f"{count} events")  # noqa: B023 (called at once)
    server.stop()
    assert receiver.events == 4


def test_a_limit_that_is_told_on_a_kept_connection_is_heeded(
    start: Callable[..., Server], receiver: Receiver
) -> None:
    server = start(uvicorn("raw3:app"), receiver.environ).ready()
    server.provoke()
    until(lambda: receiver.events == 1, "the first event")
    receiver.answer = lambda handler: answer(handler, X_Sentry_Rate_Limits="60:error:key", Content_Length="0")
    server.provoke()
    until(lambda: receiver.events == 2, "the second event")
    server.provoke()
    server.stop()
    assert receiver.events == 2


def test_all_envelopes_share_a_connection(start: Callable[..., Server], receiver: Receiver) -> None:
    server = start(uvicorn("raw3:app"), receiver.environ).ready()
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
