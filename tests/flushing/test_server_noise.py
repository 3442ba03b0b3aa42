"""What a client does, and what a server logs, makes no events."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Callable

import pytest
import trustme
from websockets.sync.client import connect

from tests.flushing.test_shutdown import mode_named, serve
from tests.harness.envelopes import Project
from tests.harness.server import Server, until
from tests.servers.exercise import Certificate, Running

Start = Callable[..., Server]
NO_CERTIFICATE = Certificate(Path(), Path())

SERVERS = [
    ("uvicorn", "uvicorn"),
    ("hypercorn", "hypercorn"),
    ("hypercorn", "-k trio"),
    ("anycorn", "anycorn"),
    ("anycorn", "-k trio"),
    ("daphne", "daphne"),
    ("granian", "granian --interface asgi"),
    ("gunicorn", "gunicorn -k asgi"),
]
IDS = [f"{server} {name}" for server, name in SERVERS]


@pytest.mark.parametrize("module", ["clients_that_go", "clients_that_go_starlette"])
@pytest.mark.parametrize(("server", "name"), SERVERS, ids=IDS)
def test_a_client_that_goes_is_no_error(
    server: str, name: str, module: str, start: Start, project: Project, tmp_path: Path
) -> None:
    if name == "-k trio" and module == "clients_that_go_starlette":
        module = "clients_that_go"  # its app is asyncio's
    running = Running(mode_named(server, name), module, tmp_path, NO_CERTIFICATE)
    served = serve(running, start, project)
    go_while_uploading(int(running.port))
    go_while_downloading(int(running.port))
    websocket = connect(f"ws://127.0.0.1:{running.port}/ws", proxy=None)
    websocket.send("hello")
    assert websocket.recv() == "hello"
    websocket.socket.close()
    expected = 2 if server == "daphne" else 3  # it never calls the app for an upload that is not whole
    until(lambda: int(running.get("/gone").text) >= expected, f"those to have gone, in {served.output!r}")
    served.stop()
    assert [item["payload"] for item in project.items("event")] == []


def go_while_uploading(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"POST /upload HTTP/1.1\r\nHost: test\r\nContent-Length: 100\r\n\r\nabc")


def go_while_downloading(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(b"GET /download HTTP/1.1\r\nHost: test\r\n\r\n")
        assert client.recv(1)


def test_a_client_that_leaves_before_tls_is_agreed_on_is_no_error(
    start: Start, project: Project, tmp_path: Path
) -> None:
    """An error that anyio logs, with its traceback."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    issued = trustme.CA().issue_cert("127.0.0.1")
    issued.private_key_pem.write_to_path(str(key))
    issued.cert_chain_pems[0].write_to_path(str(certificate))
    running = Running(mode_named("anycorn", "TLS, HTTP/2"), "raw3", tmp_path, Certificate(key, certificate))
    served = serve(running, start, project)
    until(lambda: "Error during TLS handshake" in served.output, "the server to log it")
    served.stop()
    assert project.items("event") == []
