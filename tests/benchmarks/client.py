"""A client that takes next to nothing: one connection, kept alive, and requests that are prepared."""

from __future__ import annotations

import socket

from tests.benchmarks.apps.headers import HEADERS

DEADLINE = 300.0  # seconds


def prepared(path: str) -> bytes:
    """Return the request of a path, with the headers of those that are made in process."""
    headers = (b"%b: %b\r\n" % header for header in HEADERS)
    return b"GET %b HTTP/1.1\r\n%b\r\n" % (path.encode(), b"".join(headers))


def is_complete(answer: bytes) -> bool:
    """Return whether these are all bytes of an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    _, found, length = head.lower().partition(b"\r\ncontent-length:")
    if found:
        return len(body) >= int(length.partition(b"\r\n")[0])
    return body.endswith(b"0\r\n\r\n")  # in chunks


class Client:
    """One connection."""

    def __init__(self, port: int) -> None:
        """Connect."""
        self._connection = socket.create_connection(("127.0.0.1", port), timeout=DEADLINE)
        self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def __enter__(self) -> Client:
        """Be closed on exit."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close the connection."""
        self._connection.close()

    def get(self, path: str, times: int = 1) -> None:
        """Request a path so many times, each when the one before is answered. Raises AssertionError if not with 200."""
        request = prepared(path)
        for _ in range(times):
            answer = self.answer(request)
            if not answer.startswith(b"HTTP/1.1 200 "):
                raise AssertionError(f"{path} was answered with {answer!r}")

    def answer(self, request: bytes) -> bytes:
        """Send a request, and return all of its answer."""
        self._connection.sendall(request)
        answer = b""
        while not is_complete(answer):
            received = self._connection.recv(65536)
            if not received:
                raise AssertionError(f"the connection was closed after {answer!r}")
            answer += received
        return answer
