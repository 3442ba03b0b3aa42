"""One connection of a client that writes exactly the bytes that it is told, and reads while it writes."""

from __future__ import annotations

import select
import socket
import struct
import time
from typing import NamedTuple


class HangError(Exception):
    """Nothing more came within the deadline."""


class ClosedError(Exception):
    """The server has closed the connection."""


class Response(NamedTuple):
    """What a server answered; the date is left out."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Wire:
    """A connection."""

    def __init__(self, port: int, deadline: float) -> None:
        """Connect; `deadline` (seconds) is for each thing that is waited for."""
        self._socket = socket.create_connection(("127.0.0.1", port), deadline)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setblocking(False)
        self._deadline = deadline
        self._received = bytearray()
        self._ended = False

    def send(self, data: bytes) -> None:
        """Send all of it, unless the server closes the connection first."""
        view, end = memoryview(data), time.monotonic() + self._deadline
        while view and not self._ended:
            readable, writable, _ = select.select(
                [self._socket], [self._socket], [], max(end - time.monotonic(), 0)
            )
            if not readable and not writable:
                raise HangError("the server takes no more")
            if readable:
                self._read()
            if writable and not self._ended:
                try:
                    view = view[self._socket.send(view) :]
                except BlockingIOError:
                    continue
                except OSError:
                    self._drain()

    def _read(self) -> None:
        try:
            data = self._socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        self._received += data
        self._ended = self._ended or not data

    def _drain(self) -> None:
        """Take what has come before the connection broke."""
        while not self._ended and self.wait(self._deadline):
            pass
        self._ended = True

    def wait(self, seconds: float) -> bool:
        """Wait for something to come, or for the end; False if neither does within some seconds."""
        if self._ended:
            return True
        readable, _, _ = select.select([self._socket], [], [], max(seconds, 0))
        if readable:
            self._read()
        return bool(readable)

    def _more(self, end: float) -> None:
        if self._ended:
            raise ClosedError
        if not self.wait(end - time.monotonic()):
            raise HangError("no answer")

    @property
    def has_begun(self) -> bool:
        """Whether a part of a response has come."""
        return bool(self._received)

    def until_length(self, count: int) -> None:
        """Wait until `count` bytes, not yet taken by a response, have come."""
        end = time.monotonic() + self._deadline
        while len(self._received) < count:
            self._more(end)

    def response(self) -> Response:
        """Read one response, interim ones too."""
        end = time.monotonic() + self._deadline
        while b"\r\n\r\n" not in self._received:
            self._more(end)
        head, _, rest = bytes(self._received).partition(b"\r\n\r\n")
        self._received = bytearray(rest)
        first, *lines = head.decode("latin-1").split("\r\n")
        status = int(first.split()[1])
        pairs = [line.partition(":")[::2] for line in lines]
        headers = [(name.lower(), value.strip()) for name, value in pairs]
        body = b"" if status < 200 or status in (204, 304) else self._body(dict(headers), end)
        return Response(status, tuple(pair for pair in headers if pair[0] != "date"), body)

    def _body(self, headers: dict[str, str], end: float) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            return self._chunked(end)
        if "content-length" in headers:
            return self._take(int(headers["content-length"]), end)
        while not self._ended:
            self._more(end)
        return self._take(len(self._received), end)

    def _take(self, count: int, end: float) -> bytes:
        while len(self._received) < count:
            self._more(end)
        taken = bytes(self._received[:count])
        del self._received[:count]
        return taken

    def _line(self, end: float) -> bytes:
        while b"\r\n" not in self._received:
            self._more(end)
        return self._take(self._received.index(b"\r\n") + 2, end)[:-2]

    def _chunked(self, end: float) -> bytes:
        body = b""
        while True:
            count = int(self._line(end), 16)
            body += self._take(count, end)
            self._line(end)
            if not count:
                return body

    def shut(self) -> None:
        """Say that nothing more will be sent."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            self._ended = True

    def rest(self) -> bytes:
        """Read all that comes until the server closes the connection."""
        end = time.monotonic() + self._deadline
        while not self._ended:
            self._more(end)
        return self._take(len(self._received), end)

    def reset(self) -> None:
        """Close without the courtesies of TCP."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def close(self) -> None:
        """Close."""
        self._socket.close()
