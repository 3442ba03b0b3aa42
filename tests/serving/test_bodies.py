"""A body goes through to the app as it would bare: in parts, at the app's pace, with the same end."""

from __future__ import annotations

import json
import re
import ssl
from pathlib import Path
from typing import Any, Callable, Iterator

import httpx
import pytest
import trustme
from websockets.sync.client import connect

from tests.harness.served import Served, command, serve
from tests.harness.server import Server, free_port, until
from tests.harness.wire import HangError, Wire

Start = Callable[..., Server]

_MEGABYTE = 1 << 20
_UPLOAD = 300 * _MEGABYTE
_PART = bytes(1 << 16)
_DEADLINE = 30.0
UPLOADS = {
    "plain": ("uploads:plain_app", "/plain/stream"),
    "FastAPI, its stream": ("uploads:fastapi_app", "/fastapi/stream"),
    "FastAPI, its messages": ("uploads:fastapi_app", "/fastapi/messages"),
    "Litestar": ("uploads:litestar_app", "/litestar/stream"),
    "Quart": ("uploads:quart_app", "/quart/stream"),
    "a gateway": ("uploads:app", "/fastapi/stream"),
}
# Those that are tried in every run: an upload takes its time.
OFTEN = [("FastAPI, its messages", "chunked"), ("Litestar", "content-length")]


def head(path: str, *more: str) -> bytes:
    """Return the head of a request whose body is of the type that the SDK reads."""
    lines = [f"POST {path} HTTP/1.1", "host: test", "content-type: application/json", *more, "", ""]
    return "\r\n".join(lines).encode()


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def peak(process: int) -> int:
    """Return the most memory that a process has held so far, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def growth(served: Served, path: str, chunked: bool) -> int:
    """Upload, and return by how much the server's memory has grown at the most."""
    with served.client() as client:
        client.post(path, content=b"{}")
    before = peak(served.server.process.pid)
    wire = Wire(served.port, _DEADLINE)
    wire.send(head(path, "transfer-encoding: chunked" if chunked else f"content-length: {_UPLOAD}"))
    framed = chunk(_PART) if chunked else _PART
    for _ in range(_UPLOAD // len(_PART)):
        wire.send(framed)
    wire.send(b"0\r\n\r\n" if chunked else b"")
    assert json.loads(wire.response().body) == {"size": _UPLOAD}
    wire.close()
    return peak(served.server.process.pid) - before


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc to read a process's memory from")
@pytest.mark.parametrize(
    ("app", "path", "chunked"),
    [
        pytest.param(
            *upload,
            chunked,
            id=f"{name}, {framing}",
            marks=() if (name, framing) in OFTEN else pytest.mark.matrix,
        )
        for name, upload in UPLOADS.items()
        for framing, chunked in (("content-length", False), ("chunked", True))
    ],
)
def test_an_upload_is_never_in_memory(app: str, path: str, chunked: bool, start: Start) -> None:
    ours = growth(serve(start, "uvicorn", app), path, chunked)
    bare = growth(serve(start, "uvicorn", app, bootstrap=False), path, chunked)
    assert ours - bare < 50 * _MEGABYTE


def test_what_the_app_does_not_read_is_not_read_for_it(start: Start) -> None:
    served = serve(start, "uvicorn", "uploads:fastapi_app")
    wire = Wire(served.port, 2)
    wire.send(head("/fastapi/held", f"content-length: {_UPLOAD}"))
    until(lambda: "held" in served.server.output, "the endpoint")
    with pytest.raises(HangError, match="takes no more"):
        for _ in range(_UPLOAD // len(_PART)):
            wire.send(_PART)
    with served.client() as client:
        assert client.post("/release").json() == "released"
    assert json.loads(wire.response().body) == {"size": None}


@pytest.mark.parametrize("path", ["/fastapi/unread", "/fastapi/limited"])
@pytest.mark.parametrize(
    "content_type", ["application/json", "application/x-www-form-urlencoded", "text/plain"]
)
def test_a_body_without_an_end_is_answered_when_the_app_has_enough(
    path: str, content_type: str, start: Start
) -> None:
    served = serve(start, "uvicorn", "uploads:fastapi_app")
    wire = Wire(served.port, _DEADLINE)
    wire.send(
        f"POST {path} HTTP/1.1\r\nhost: test\r\ncontent-type: {content_type}\r\n"
        "transfer-encoding: chunked\r\n\r\n".encode()
    )
    sent = 0
    while not wire.has_begun:
        wire.send(chunk(_PART))
        sent += len(_PART)
        assert sent < _UPLOAD, "no answer"
    assert json.loads(wire.response().body) == (
        {"size": None} if path.endswith("unread") else {"too": "large"}
    )


@pytest.mark.parametrize("path", ["/fastapi/watch", "/fastapi/endless"])
@pytest.mark.parametrize("size", [0, 5_000, 200_000])
def test_an_app_hears_that_its_client_has_gone(path: str, size: int, start: Start) -> None:
    served = serve(start, "uvicorn", "uploads:fastapi_app")
    wire = Wire(served.port, _DEADLINE)
    wire.send(head(path, f"content-length: {size}") + bytes(size))
    until(lambda: "watching" in served.server.output, "the endpoint")
    assert "disconnected" not in served.server.output
    wire.close()
    until(lambda: "disconnected" in served.server.output, "the client's leave", 15)


@pytest.mark.parametrize("server", ["uvicorn", *(pytest.param("hypercorn", marks=pytest.mark.matrix),)])
def test_a_client_is_told_to_continue_only_where_the_app_reads(server: str, start: Start) -> None:
    answers = {}
    for bootstrap in (True, False):
        served = serve(start, server, "uploads:fastapi_app", bootstrap=bootstrap)
        seen = []
        for path in ("/fastapi/unread", "/fastapi/stream", "/fastapi/messages"):
            wire = Wire(served.port, _DEADLINE)
            wire.send(head(path, "content-length: 5", "expect: 100-continue"))
            statuses = [wire.response().status]
            if statuses == [100]:
                wire.send(b'"abc"')
                statuses.append(wire.response().status)
            seen.append(statuses)
            wire.close()
        answers[bootstrap] = seen
    assert answers[True] == answers[False]
    assert answers[True][1:] == [[100, 200], [100, 200]]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Make a key and a certificate for this machine."""
    directory = tmp_path_factory.mktemp("certificate")
    issued = trustme.CA().issue_cert("127.0.0.1", "localhost")
    key, chain = directory / "key.pem", directory / "chain.pem"
    issued.private_key_pem.write_to_path(str(key))
    for part in issued.cert_chain_pems:
        part.write_to_path(str(chain), append=True)
    return key, chain


@pytest.mark.parametrize("server", ["hypercorn", pytest.param("granian", marks=pytest.mark.matrix)])
def test_bodies_over_http_2(server: str, start: Start, certificate: tuple[Path, Path]) -> None:
    key, chain = certificate
    options = {
        "hypercorn": f"--keyfile {key} --certfile {chain}",
        "granian": f"--ssl-keyfile {key} --ssl-certificate {chain}",
    }
    port = free_port()
    served = Served(start, command(server, "uploads:fastapi_app", port, options[server]), port)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    base = served.url.replace("http:", "https:")
    with httpx.Client(
        base_url=base, http2=True, verify=context, timeout=_DEADLINE, trust_env=False
    ) as client:
        for size in (0, 100, 9_000, 300_000):
            for path in ("/fastapi/messages", "/fastapi/stream"):
                answer = client.post(path, content=parts(size), headers={"content-type": "application/json"})
                assert (answer.http_version, answer.json()) == ("HTTP/2", {"size": size})
                answer = client.post(path, content=bytes(size), headers={"content-type": "application/json"})
                assert answer.json() == {"size": size}
        assert client.post("/fastapi/unread", content=bytes(5_000)).json() == {"size": None}


def parts(size: int) -> Iterator[bytes]:
    for start in range(0, size, 7_000):
        yield bytes(min(7_000, size - start))


def test_messages_of_a_websocket_are_as_long_as_they_were(start: Start) -> None:
    served = serve(start, "uvicorn", "case_websocket:app")
    messages: list[Any] = ["", "x" * 1_000_000, *map(str, range(100))]
    with connect(f"{served.url.replace('http', 'ws')}/ws/1", proxy=None, max_size=None) as websocket:
        for message in messages:
            websocket.send(message)
        assert [websocket.recv() for _ in messages] == messages
