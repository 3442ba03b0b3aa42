"""What an app returns reaches the server, which says so in its log and closes the connection as without us."""

from __future__ import annotations

import re
import socket
from typing import Callable
from urllib.parse import urlsplit

import pytest

from tests.harness.server import DEADLINE, Server, uvicorn

Start = Callable[..., Server]

_OF_THE_RUN = re.compile(r"(?<=127\.0\.0\.1:)\d+|(?<=process \[)\d+|^date: .*$", re.MULTILINE)


def seen(server: Server, header: str) -> tuple[str, list[str]]:
    """Return what a request is answered with until the server closes its connection, and what the server logs."""
    address = urlsplit(server.ready().url)
    answer = b""
    with socket.create_connection((address.hostname, address.port), timeout=DEADLINE) as connection:
        connection.sendall(f"GET /ok HTTP/1.1\r\nHost: app\r\n{header}\r\n".encode())
        for part in iter(lambda: connection.recv(4096), b""):
            answer += part
    server.stop()
    # The access log and the rest come by two streams.
    log = sorted(_OF_THE_RUN.sub("…", line) for line in server.output.splitlines())
    return _OF_THE_RUN.sub("…", answer.decode()), log


@pytest.mark.parametrize("rate", ["1.0", "0.0", None], ids=["all traces", "no trace", "no rate"])
@pytest.mark.parametrize("app", ["plain", "fast", "Double"])
def test_an_app_that_returns_a_value_is_served_as_bare(app: str, rate: str | None, start: Start) -> None:
    # What an ASGI 2 app returns, uvicorn does not look at: it does not close the connection for it.
    options, header = (["--interface", "asgi2"], "Connection: close\r\n") if app == "Double" else ([], "")
    # Longer than the test waits: the connection is not closed for being idle.
    command = uvicorn("--timeout-keep-alive", "600", *options, f"returning:{app}")
    bare = seen(start(command, bootstrap=False), header)
    complaint = "ASGI callable should return None, but returned 'a value'."
    assert (complaint in "\n".join(bare[1])) == (app != "Double")
    assert bare[0].count("HTTP/1.1 200 OK") == 1
    assert seen(start(command, {"SENTRY_TRACES_SAMPLE_RATE": rate}), header) == bare
