"""The endpoints of the protocol take what SDKs send and refuse the rest with a reason."""

import base64
import gzip
import json
import socket
import subprocess
import sys
import zlib
from typing import Callable

import brotli  # type: ignore[import-untyped]  # ships no types
import httpx
import pytest

from sentry_asgi_autoconf.inbox.envelopes import MAX_COMPRESSED, MAX_DECODED, MAX_ITEMS, RefusedError, decode
from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.inbox.sending import AUTH, KEY, envelope, item, post, send

EVENT = {"event_id": "a" * 32, "message": "hello"}


def raw_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-15)
    return compressor.compress(body) + compressor.flush()


COMPRESSORS = [
    (None, bytes),
    ("identity", bytes),
    ("gzip", gzip.compress),
    ("GZIP", gzip.compress),
    ("deflate", zlib.compress),
    ("deflate", raw_deflate),
    ("br", brotli.compress),
]


@pytest.mark.parametrize(("encoding", "compress"), COMPRESSORS)
def test_an_envelope_is_taken_in_every_encoding(
    inbox: BackgroundInbox, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    answer = post(inbox, compress(envelope(item("event", EVENT), event_id="a" * 32)), encoding, project="7")
    assert (answer.status_code, answer.json()) == (200, {"id": "a" * 32})
    [stored] = inbox.store.items()
    assert (stored["project"], stored["type"], stored["payload"]) == ("7", "event", EVENT)
    assert stored["auth"] == {"sentry_key": "***", "sentry_client": "sentry.python/2.75.0"}
    assert stored["headers"]["type"] == "event"
    assert stored["envelope"] == {"event_id": "a" * 32}


def test_an_envelope_without_an_event_is_answered_with_a_new_id(inbox: BackgroundInbox) -> None:
    answer = post(inbox, envelope(item("client_report", {"discarded_events": []})))
    assert len(answer.json()["id"]) == 32


@pytest.mark.parametrize(
    "kind",
    [
        "event",
        "transaction",
        "span",
        "profile_chunk",
        "profile",
        "sessions",
        "session",
        "log",
        "trace_metric",
        "client_report",
        "check_in",
        "something_new",
    ],
)
def test_every_item_type_is_stored_also_an_unknown_one(inbox: BackgroundInbox, kind: str) -> None:
    number = send(inbox, kind, {"some": ["thing", 1, None, "Ünïcode 🎉"]})
    stored = inbox.store.get(number)
    assert stored
    assert (stored["type"], stored["payload"]) == (kind, {"some": ["thing", 1, None, "Ünïcode 🎉"]})


def test_payloads_are_parsed_by_length_so_that_they_may_hold_newlines(inbox: BackgroundInbox) -> None:
    content = b'first\n{"type":"event"}\n\n\nlast\xff\x00\n'
    body = envelope(item("attachment", content, filename="a.bin"), item("event", EVENT))
    assert post(inbox, body).status_code == 200
    attachment, event = inbox.store.items()
    assert base64.b64decode(attachment["payload"]["bytes"]) == content
    assert attachment["headers"]["filename"] == "a.bin"
    assert event["payload"] == EVENT


def test_a_payload_without_a_length_ends_at_the_line(inbox: BackgroundInbox) -> None:
    assert post(inbox, b'{}\n{"type":"session"}\n{"sid":1}\n{"type":"session"}\n{"sid":2}').status_code == 200
    assert [stored["payload"] for stored in inbox.store.items()] == [{"sid": 1}, {"sid": 2}]


def test_a_payload_that_is_not_json_is_kept_as_bytes(inbox: BackgroundInbox) -> None:
    post(inbox, envelope(item("replay_recording", b"{}\n\x78\x9c")))
    assert base64.b64decode(inbox.store.items()[0]["payload"]["bytes"]) == b"{}\n\x78\x9c"


def test_lone_surrogates_are_replaced_so_that_the_item_can_be_served(inbox: BackgroundInbox) -> None:
    number = send(inbox, "event", {"message": "bad \ud800 text"})
    assert httpx.get(f"{inbox.url}/api/inbox/items/{number}").json()["payload"]["message"] == "bad ? text"


def test_a_bare_event_of_an_old_client_is_taken(inbox: BackgroundInbox) -> None:
    answer = post(inbox, gzip.compress(json.dumps(EVENT).encode()), "gzip", path="store")
    assert answer.json() == {"id": "a" * 32}
    assert inbox.store.items()[0]["payload"] == EVENT


GARBAGE = {
    "nothing": b"",
    "no JSON": b"\x00\xff garbage",
    "header is a list": b"[]\n" + b'{"type":"event"}\n{}',
    "no items": b"{}\n",
    "item header is a list": b'{}\n["type"]\n{}',
    "item header is no JSON": b"{}\nnope\n{}",
    "item without a type": b"{}\n{}\n{}",
    "type is a number": b'{}\n{"type":3}\n{}',
    "event is no JSON": b'{}\n{"type":"event"}\nnope',
    "number that JSON lacks": b'{}\n{"type":"event"}\n{"a":NaN}',
    "number that overflows": b'{}\n{"type":"event"}\n{"a":1e999}',
    "length beyond the body": b'{}\n{"type":"log","length":99}\n{}',
    "huge length": b'{}\n{"type":"log","length":' + b"9" * 40 + b"}\n{}",
    "length is negative": b'{}\n{"type":"log","length":-1}\n{}',
    "length is a text": b'{}\n{"type":"log","length":"2"}\n{}',
    "length cuts the payload": b'{}\n{"type":"log","length":1}\n{}',
    "nested too deeply": b'{}\n{"type":"event"}\n' + b"[" * 300 + b"]" * 300,
    "nested beyond parsing": b'{}\n{"type":"event"}\n' + b"[" * 200_000,
    "invalid second item": b'{}\n{"type":"event"}\n{}\n{"type":"event"}\n{',
}


@pytest.mark.parametrize("body", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_is_refused_with_a_reason_and_the_inbox_goes_on(inbox: BackgroundInbox, body: bytes) -> None:
    answer = post(inbox, body)
    assert answer.status_code == 400
    assert set(answer.json()) == {"detail"}
    assert answer.json()["detail"]
    assert inbox.store.items() == []
    assert post(inbox, envelope(item("event", EVENT))).status_code == 200


def test_an_envelope_of_more_items_than_are_kept_is_refused_whole(inbox: BackgroundInbox) -> None:
    answer = post(inbox, b"{}\n" + b'{"type":"log"}\n{}\n' * 100_000)
    assert (answer.status_code, answer.json()["detail"]) == (413, "the envelope holds more than 1000 items")
    assert inbox.store.items() == []
    assert post(inbox, envelope(*[item("log", {})] * inbox.store.max_items)).status_code == 200
    assert len(inbox.store.items()) == MAX_ITEMS


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b"3"])
def test_garbage_at_the_old_endpoint_is_refused(inbox: BackgroundInbox, body: bytes) -> None:
    assert post(inbox, body, path="store").status_code == 400


@pytest.mark.parametrize(("encoding", "compress"), COMPRESSORS[2:])
def test_a_broken_or_cut_off_encoding_is_refused(
    inbox: BackgroundInbox, encoding: str, compress: Callable[[bytes], bytes]
) -> None:
    whole = compress(envelope(item("event", EVENT)))
    assert post(inbox, whole[:-9], encoding).status_code == 400
    assert post(inbox, b"\x07 is not compressed at all", encoding).status_code == 400


def test_an_unknown_encoding_is_refused_with_the_known_ones(inbox: BackgroundInbox) -> None:
    answer = post(inbox, b"{}", "zstd")
    assert answer.status_code == 415
    assert "gzip" in answer.json()["detail"]


def test_brotli_is_refused_where_it_is_not_installed() -> None:
    code = (
        "import sys; sys.modules['brotli'] = None  # as if it were not there\n"
        "from sentry_asgi_autoconf.inbox.envelopes import decode\n"
        "try: decode(b'', 'br')\n"
        "except Exception as error: print(error.status_code, error.detail)"
    )
    refused = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert refused.stdout.startswith("415 ")
    assert refused.stdout.endswith("gzip, deflate\n")


@pytest.mark.parametrize(("encoding", "compress"), COMPRESSORS)
def test_decoding_stops_at_its_bound(encoding: str, compress: Callable[[bytes], bytes]) -> None:
    assert decode(compress(b"x" * 100_000), encoding or "", limit=100_000) == b"x" * 100_000
    with pytest.raises(RefusedError) as refused:
        decode(compress(b"x" * 100_001), encoding or "", limit=100_000)
    assert refused.value.status_code == 413


def test_a_decompression_bomb_is_refused(inbox: BackgroundInbox) -> None:
    bomb = zlib.compress(bytes(MAX_DECODED + 1), 1)
    assert len(bomb) < 1_000_000
    assert post(inbox, bomb, "deflate").status_code == 413
    assert post(inbox, brotli.compress(bytes(MAX_DECODED + 1), quality=1), "br").status_code == 413


def test_a_body_that_is_too_large_is_refused(inbox: BackgroundInbox) -> None:
    answer = post(inbox, bytes(MAX_COMPRESSED + 1))
    assert answer.status_code == 413
    assert str(MAX_COMPRESSED) in answer.json()["detail"]


def test_a_client_that_leaves_in_the_middle_does_no_harm(inbox: BackgroundInbox) -> None:
    host, port = inbox.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"POST /api/1/envelope/ HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{}\n")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"\x16\x03\x01 not HTTP\r\n\r\n")
    assert post(inbox, envelope(item("event", EVENT))).status_code == 200
    assert len(inbox.store.items()) == 1


def test_the_key_of_the_dsn_is_stored_nowhere(inbox: BackgroundInbox) -> None:
    dsn = f"http://{KEY}@127.0.0.1/1"
    event = {
        **EVENT,
        "message": f"cannot reach {dsn}",
        "request": {"headers": {"baggage": "a=b,sentry-public_key=short,sentry-trace_id=1"}},
    }
    headers = {"dsn": dsn, "trace": {"public_key": KEY, "trace_id": "1"}}
    attached = item("attachment", f"DSN={dsn}".encode())
    httpx.post(
        f"{inbox.url}/api/1/envelope/?sentry_key={KEY}",
        content=envelope(item("event", event), attached, **headers),
        headers={"X-Sentry-Auth": AUTH},
    )
    everything = httpx.get(f"{inbox.url}/api/inbox/items").text
    contents = base64.b64decode(inbox.store.items()[1]["payload"]["bytes"])
    assert KEY not in everything + repr(inbox.store.items()) + contents.decode()
    assert "short" not in everything
    assert "sentry-trace_id=1" in everything
    assert inbox.store.items()[0]["envelope"]["trace"] == {"public_key": "***", "trace_id": "1"}


def test_the_key_in_the_query_is_enough_for_a_client_without_headers(inbox: BackgroundInbox) -> None:
    httpx.post(
        f"{inbox.url}/api/1/envelope/?sentry_key={KEY}&sentry_client=js",
        content=envelope(item("event", EVENT)),
    )
    assert inbox.store.items()[0]["auth"] == {"sentry_key": "***", "sentry_client": "js"}
