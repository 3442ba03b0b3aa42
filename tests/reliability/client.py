"""A client that asks much at once: connections that are kept, one request after the other on each."""

from __future__ import annotations

import asyncio
import time
from typing import Any, Iterable, Iterator, NamedTuple

import httptools

DEADLINE = 60.0  # seconds that an answer may take on a busy machine
_NONE = 0  # the status of a request that no answer came to


class Exchange(NamedTuple):
    """One request: its path, what it was answered with, by which process if that says so, and in how many seconds."""

    path: str
    status: int
    body: bytes
    process: str
    seconds: float

    @property
    def answer(self) -> tuple[str, int, bytes]:
        """What does not differ between two runs."""
        return self.path, self.status, self.body


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self.is_closed = True
        self._waiter: asyncio.Future[bool] | None = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.is_closed = False
        self._parser = httptools.HttpResponseParser(self)

    def connection_lost(self, error: Exception | None) -> None:
        self.is_closed = True
        self._end(False)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.transport.close()

    def on_message_begin(self) -> None:
        self.body = bytearray()
        self.process = ""

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-process":
            self.process = value.decode()

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if not self._parser.should_keep_alive():
            self.close()
        self._end(True)

    def close(self) -> None:
        """Take no more requests."""
        if not self.is_closed:
            self.is_closed = True
            self.transport.close()

    def _end(self, is_answered: bool) -> None:
        if self._waiter and not self._waiter.done():
            self._waiter.set_result(is_answered)

    async def ask(self, path: str, number: str) -> Exchange:
        """Send one request and wait for its answer."""
        self._waiter = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        head = f"GET {path} HTTP/1.1\r\nHost: reliability\r\nX-Number: {number}\r\n\r\n"
        self.transport.write(head.encode())
        try:
            is_answered = await asyncio.wait_for(self._waiter, DEADLINE)
        except asyncio.TimeoutError:
            self.transport.abort()
            is_answered = False
        seconds = time.perf_counter() - began
        if not is_answered:
            return Exchange(path, _NONE, b"", "", seconds)
        return Exchange(path, self.status, bytes(self.body), self.process, seconds)


async def _one_after_the_other(
    port: int, paths: Iterator[str], exchanges: list[Exchange], most: int | None
) -> None:
    connection = _Connection()
    for count, path in enumerate(paths):
        if most and count % most == 0:
            connection.close()
        try:
            if connection.is_closed:
                loop = asyncio.get_running_loop()
                _, connection = await loop.create_connection(_Connection, "127.0.0.1", port)
            exchange = await connection.ask(path, path.rpartition("/")[2])
        except OSError:  # nothing listens there now
            exchange = Exchange(path, _NONE, b"", "", 0.0)
            await asyncio.sleep(0.02)
        exchanges.append(exchange)
    connection.close()


async def ask_all(
    port: int, paths: Iterable[str], at_once: int, exchanges: list[Exchange], most: int | None = None
) -> None:
    """Request all paths, so many at once, and append what came of it to `exchanges`, in no order.

    A connection is kept for at most so many requests, if that is given.
    """
    iterator = iter(paths)
    await asyncio.gather(*(_one_after_the_other(port, iterator, exchanges, most) for _ in range(at_once)))


def ask(port: int, paths: Iterable[str], at_once: int = 64, last: Iterable[str] = ()) -> list[Exchange]:
    """Request all paths, so many at once, and then those that are the last; return what came of it, by path.

    Where the last ones raise, what was captured in all requests has been when they are answered. A transaction ends
    after the answer, and not all servers wait for that when they end.
    """
    exchanges: list[Exchange] = []
    asyncio.run(ask_all(port, paths, at_once, exchanges))
    asyncio.run(ask_all(port, last, at_once, exchanges))
    return sorted(exchanges, key=lambda exchange: exchange.path)
