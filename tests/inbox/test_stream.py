"""`/stream` and CORS are what Spotlight's overlay and SDKs in a browser expect."""

import base64
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
from sentry_sdk.envelope import Envelope

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.inbox.sending import CLIENT, KEY, envelope, item, post, send

PAGE = "http://localhost:3000"


@contextmanager
def reading(inbox: BackgroundInbox, query: str = "", **headers: str) -> Iterator[Iterator[dict[str, str]]]:
    """Read events as an EventSource does."""
    with httpx.stream(
        "GET", f"{inbox.url}/stream{query}", headers=headers, timeout=30, trust_env=False
    ) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")

        def events() -> Iterator[dict[str, str]]:
            event: dict[str, str] = {}
            for line in answer.iter_lines():
                name, _, value = line.partition(": ")
                if line == "" and event:
                    yield event
                    event = {}
                elif name:
                    event[name] = f"{event[name]}\n{value}" if name in event else value

        yield events()


def test_a_reader_gets_what_is_kept_and_what_arrives(inbox: BackgroundInbox) -> None:
    send(inbox, "event", {"message": "two\nlines"})
    with reading(inbox) as events:
        first = next(events)
        send(inbox, "log", {"items": [{"body": "Ünï"}]})
        second = next(events)
    assert (first["event"], first["id"], second["id"]) == ("application/x-sentry-envelope", "1", "2")
    [read] = Envelope.deserialize(first["data"].encode()).items
    assert (read.type, read.payload.json) == ("event", {"message": "two\nlines"})
    [read] = Envelope.deserialize(second["data"].encode()).items
    assert json.loads(read.get_bytes()) == {"items": [{"body": "Ünï"}]}


def test_a_reader_that_comes_back_gets_what_it_has_not_seen(inbox: BackgroundInbox) -> None:
    for number in range(3):
        send(inbox, "event", {"message": f"message {number}"})
    for seen, expected in (("2", "3"), ("0", "1"), ("99", "1"), ("x", "1"), ("9" * 5000, "1")):
        with reading(inbox, **{"Last-Event-ID": seen}) as events:
            assert next(events)["id"] == expected


def test_bytes_are_streamed_as_they_were_sent(inbox: BackgroundInbox) -> None:
    post(inbox, envelope(item("attachment", b"\xff\x00\n\nend", filename="a.bin"), event_id="a" * 32))
    with reading(inbox, "?base64=1&client=spotlight-overlay") as events:
        event = next(events)
    assert event["event"] == "application/x-sentry-envelope;base64"
    read = Envelope.deserialize(base64.b64decode(event["data"]))
    assert (read.headers["event_id"], read.items[0].get_bytes()) == ("a" * 32, b"\xff\x00\n\nend")


@pytest.mark.parametrize(
    ("dsn", "project"), [(None, "1"), (f"http://{KEY}@127.0.0.1/7", "7"), ("http://[", "1"), (5, "1")]
)
def test_it_takes_what_spotlight_s_sdks_send(inbox: BackgroundInbox, dsn: object, project: str) -> None:
    body = envelope(item("event", {"message": "hello"}), **({"dsn": dsn} if dsn else {}))
    assert CLIENT.post(f"{inbox.url}/stream", content=body).status_code == 200
    [kept] = inbox.store.items()
    assert (kept["project"], kept["payload"]) == (project, {"message": "hello"})
    assert KEY not in str(kept)


def test_the_inbox_ends_although_somebody_reads() -> None:
    inbox = BackgroundInbox()
    address = httpx.URL(inbox.url)
    with inbox, socket.create_connection((address.host, address.port or 80)) as connection:
        connection.sendall(b"GET /stream HTTP/1.1\r\nHost: inbox\r\n\r\n")
        assert connection.recv(100_000).startswith(b"HTTP/1.1 200")
        inbox.__exit__()
        while connection.recv(100_000):
            pass


def test_a_page_that_is_developed_may_send_and_read_the_stream(inbox: BackgroundInbox) -> None:
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-sentry-auth",
    }
    paths = ["/api/1/envelope/", "/stream"]
    for path in paths:
        allowed = CLIENT.options(inbox.url + path, headers=asked)
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == PAGE
        assert "x-sentry-auth" in allowed.headers["access-control-allow-headers"].lower()
        answer = CLIENT.post(inbox.url + path, content=envelope(item("event", {})), headers={"Origin": PAGE})
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert "x-sentry-rate-limits" in answer.headers["access-control-expose-headers"].lower()
    with httpx.stream("GET", f"{inbox.url}/stream", headers={"Origin": PAGE}) as answer:
        assert answer.headers["access-control-allow-origin"] == PAGE
    assert CLIENT.delete(f"{inbox.url}/clear", headers={"Origin": PAGE}).status_code == 200
    assert (CLIENT.get(f"{inbox.url}/health").text, inbox.store.items()) == ("OK", [])


def test_no_other_page_may_nor_read_what_is_not_for_it(inbox: BackgroundInbox) -> None:
    for path in ("/stream", "/clear", "/api/1/envelope/"):
        refused = CLIENT.options(
            inbox.url + path,
            headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"},
        )
        assert (refused.status_code, "access-control-allow-origin" in refused.headers) == (403, False)
    for path in ("/", "/api/inbox/items"):
        assert (
            "access-control-allow-origin"
            not in CLIENT.get(inbox.url + path, headers={"Origin": PAGE}).headers
        )
