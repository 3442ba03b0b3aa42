"""A receiver on this machine that accepts whatever an exporter sends, and counts it by path."""

from __future__ import annotations

import asyncio
import collections
import json
import ssl
import tempfile
import threading
import time
from pathlib import Path
from typing import Any, Callable
from urllib.parse import parse_qs, urlsplit

import httptools
import trustme

# New Relic's client asks before it sends. Nothing of its own is switched off, and events go out every five seconds.
_NEW_RELIC: dict[str, Any] = {
    "preconnect": {"redirect_host": "127.0.0.1"},
    "connect": {
        "agent_run_id": "1",
        "account_id": "1",
        "primary_application_id": "1",
        "trusted_account_key": "1",
        "collect_analytics_events": True,
        "collect_error_events": True,
        "collect_errors": True,
        "collect_span_events": True,
        "collect_traces": True,
        "event_harvest_config": {
            "report_period_ms": 5000,
            "harvest_limits": {"analytic_event_data": 833, "error_event_data": 8, "span_event_data": 166},
        },
    },
    "get_agent_commands": [],
}


class _Connection(asyncio.Protocol):
    """One exporter's connection: each request is answered at once, its body thrown away."""

    def __init__(self, received: collections.Counter[str]) -> None:
        self._received = received
        self._target = b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_begin(self) -> None:
        self._target = b""

    def on_url(self, url: bytes) -> None:
        self._target += url

    def on_message_complete(self) -> None:
        target = self._target.decode()
        self._received[target.partition("?")[0] + _method(target)] += 1
        body = _answer(target)
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
            % (len(body), body)
        )


def _method(target: str) -> str:
    """Return what New Relic asks for: it sends all to one path."""
    (method,) = parse_qs(urlsplit(target).query).get("method", [""])
    return f" {method}" if method else ""


def _answer(target: str) -> bytes:
    method = _method(target)
    if method:
        return json.dumps({"return_value": _NEW_RELIC.get(method.strip())}).encode()
    if target.startswith("/v1/"):
        return b""  # an empty protobuf message
    if target == "/info":
        return b'{"endpoints": ["/v0.4/traces", "/v0.5/traces"]}'
    return b"{}"


def settled(count: Callable[[], int], seconds: float) -> int:
    """Return the count once it has not grown for so long: what is sent in the background has arrived."""
    before = -1
    while before != count():
        before = count()
        time.sleep(seconds)
    return before


class Sink:
    """Both a plain and a TLS port, served by a thread of this process while entered."""

    def __init__(self) -> None:
        self.received: collections.Counter[str] = collections.Counter()
        self.port = self.tls_port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Sink:
        """Listen."""
        self._directory = tempfile.TemporaryDirectory()
        self.authority = str(Path(self._directory.name) / "authority.pem")
        authority = trustme.CA()
        authority.cert_pem.write_to_path(self.authority)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        self._thread.start()
        self.port, self.tls_port = self._listen(None), self._listen(context)
        return self

    def _listen(self, tls: ssl.SSLContext | None) -> int:
        serving = self._loop.create_server(lambda: _Connection(self.received), "127.0.0.1", 0, ssl=tls)
        server = asyncio.run_coroutine_threadsafe(serving, self._loop).result()
        return int(server.sockets[0].getsockname()[1])

    def __exit__(self, *error: object) -> None:
        """Stop."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._directory.cleanup()

    @property
    def url(self) -> str:
        """Where the plain port is."""
        return f"http://127.0.0.1:{self.port}"

    def total(self, prefix: str) -> int:
        """Return how much has arrived at paths that begin so."""
        return sum(count for path, count in list(self.received.items()) if path.startswith(prefix))

    @property
    def dsn(self) -> str:
        """The plain port as a Sentry project."""
        return f"http://key@127.0.0.1:{self.port}/1"
