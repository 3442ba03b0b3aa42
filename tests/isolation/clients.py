"""Clients that send at once: each request has its mark in the path and in a header."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Iterator, Sequence

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.harness.server import DEADLINE


def marks(app: str, count: int, seed: int) -> Iterator[str]:
    """Return the marks of `count` requests; a tenth of them, whose marks end with x, fail."""
    random = Random(f"{seed} {app}")
    for number in range(count):
        yield f"mark{number:06}{'x' if random.random() < 0.1 else 'o'}"


class Clients:
    """`at_once` clients, each of which has a connection that it keeps while it is kept open."""

    def __init__(self, port: int, paths: Sequence[str], at_once: int) -> None:
        self._port, self._paths, self._at_once = port, itertools.cycle(paths), at_once
        self._own = threading.local()
        self._lock = threading.Lock()

    def send(self, sent: Iterator[str]) -> dict[str, str]:
        """Send a request for each mark and return the path of each."""
        with ThreadPoolExecutor(self._at_once) as pool:
            return dict(pool.map(self._one, sent))

    def _one(self, mark: str) -> tuple[str, str]:
        with self._lock:
            path = next(self._paths) + mark
        fails = mark.endswith("x")
        if path.startswith("/ws/"):
            self._converse(path, mark, fails)
        else:
            status, body = self._get(path, mark)
            assert status == (500 if fails else 200), (path, status, body)
            assert fails or f"served {mark}" in body, (path, body)
        return mark, path

    def _get(self, path: str, mark: str) -> tuple[int, str]:
        for _ in range(2):  # again, if the server has closed a connection that it kept
            kept = getattr(self._own, "connection", None)
            connection = kept or http.client.HTTPConnection("127.0.0.1", self._port, timeout=DEADLINE)
            self._own.connection = connection
            try:
                connection.request("GET", path, headers={"x-mark": mark})
                response = connection.getresponse()
                body = response.read().decode()
            except (http.client.HTTPException, ConnectionError):
                self._drop()
                if kept is None:
                    raise
                continue
            if response.status >= 500:
                self._drop()  # some servers close it then, without a word
            return response.status, body
        raise AssertionError(f"{path} is not answered")

    def _drop(self) -> None:
        self._own.connection.close()
        self._own.connection = None

    def _converse(self, path: str, mark: str, fails: bool) -> None:
        headers = {"x-mark": mark}
        with connect(
            f"ws://127.0.0.1:{self._port}{path}", additional_headers=headers, proxy=None
        ) as websocket:
            websocket.send("go")
            if fails:
                with contextlib.suppress(ConnectionClosed):
                    websocket.recv()
            else:
                assert websocket.recv() == f"served {mark}"
