"""A receiver on a real socket that answers as a script says, and keeps what has arrived."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import itertools
import json
import ssl
import threading
import time
from typing import Any, Callable, Iterator, NamedTuple

import brotli  # type: ignore[import-untyped] # no stubs
import httptools
from sentry_sdk.envelope import Envelope

_DECODERS: dict[str, Callable[[bytes], bytes]] = {"br": brotli.decompress, "gzip": gzip.decompress}


class Reply(NamedTuple):
    """How one request is answered: after some seconds, or `never`, and if `raw` with bytes that are no HTTP."""

    status: int = 200
    headers: str = ""
    body: bytes = b"{}"
    after: float = 0.0
    never: bool = False
    raw: bytes | None = None

    @property
    def data(self) -> bytes:
        """What is written."""
        if self.raw is not None:
            return self.raw
        head = f"HTTP/1.1 {self.status} Status\r\n{self.headers}content-length: {len(self.body)}\r\n\r\n"
        return head.encode() + self.body


#: Says how the request of a number, from 0, is answered.
Script = Callable[[int], Reply]


def accept(number: int) -> Reply:
    """Take everything."""
    return Reply()


class Arrived(NamedTuple):
    """One envelope, and the status that it was answered with: 0 for none."""

    status: int
    encoding: str
    body: bytes

    def items(self) -> Iterator[tuple[str, Any]]:
        """Yield its items' types and payloads."""
        content = _DECODERS[self.encoding](self.body) if self.encoding else self.body
        for item in Envelope.deserialize(content).items:
            yield item.type or "", json.loads(item.get_bytes())


class _Connection(asyncio.Protocol):
    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)
        self._receiver.connections.add(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._receiver.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:  # the CONNECT of a proxy's client
            pass
        except httptools.HttpParserError:  # a TLS handshake
            self._transport.close()

    def on_message_begin(self) -> None:
        self._body = bytearray()
        self._encoding = ""

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"content-encoding":
            self._encoding = value.decode()

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        reply = self._receiver.script(next(self._receiver.numbers))
        status = 0 if reply.never else reply.status
        arrived = Arrived(status, self._encoding, bytes(self._body))
        if not reply.never:
            asyncio.get_running_loop().call_later(reply.after, self._answer, reply, arrived)

    def _answer(self, reply: Reply, arrived: Arrived) -> None:
        if self._transport.is_closing():
            return
        self._receiver.arrived.append(arrived)
        self._transport.write(reply.data)
        if reply.raw is not None:
            self._transport.close()


class Receiver:
    """Listens while entered, unless it is told not to; a thread of this process answers."""

    def __init__(
        self, script: Script = accept, tls: ssl.SSLContext | None = None, *, listens: bool = True
    ) -> None:
        self.script = script
        self.arrived: list[Arrived] = []
        self.numbers = itertools.count()
        self.connections: set[Any] = set()
        self.port = 0
        self._tls = tls
        self._listens = listens
        self._server: Any = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Receiver:
        """Listen, or find a port to listen at later."""
        self._thread.start()
        self.listen()
        if not self._listens:
            self.shut()
        return self

    def listen(self) -> None:
        """Begin to take connections."""
        self._call(self._listen())

    def shut(self) -> None:
        """Take no more connections, and close those that there are."""
        self._call(self._shut())

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(
            lambda: _Connection(self), "127.0.0.1", self.port, ssl=self._tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def _shut(self) -> None:
        self._server.close()
        for transport in set(self.connections):
            transport.abort()

    def _call(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def __exit__(self, *error: object) -> None:
        """Stop."""
        with contextlib.suppress(Exception):
            self.shut()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def wait_for_silence(self, seconds: float = 1.0, longest: float = 60.0) -> None:
        """Wait until nothing has arrived for some seconds: queues are empty then."""
        end = time.monotonic() + longest
        seen = -1
        while seen != len(self.arrived) and time.monotonic() < end:
            seen = len(self.arrived)
            time.sleep(seconds)

    @property
    def dsn(self) -> str:
        """Where it is, as a project of Sentry."""
        return f"http://key@127.0.0.1:{self.port}/1"

    def items(self, status: int = 200) -> Iterator[tuple[str, Any]]:
        """Yield types and payloads of all that was answered with a status, oldest first."""
        for arrived in self.arrived:
            if arrived.status == status and arrived.body:
                yield from arrived.items()
