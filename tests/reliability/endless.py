"""Requests without an end, some of which raise, beside whatever is done to the server meanwhile."""

from __future__ import annotations

import asyncio
import itertools
import threading
import time
from typing import Iterator

from tests.reliability.client import Exchange, ask_all

_AT_ONCE = 16
_LONGEST = 20.0  # seconds
_KEPT = 20  # requests on a connection: else a worker that came late might have none


class Endless:
    """Requests from a thread of this process while it is entered."""

    def __init__(self, port: int) -> None:
        self.exchanges: list[Exchange] = []
        self._port = port
        self._is_over = False
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def __enter__(self) -> Endless:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        """Wait for the last answers."""
        self._is_over = True
        self._thread.join()

    def _ask(self) -> None:
        asyncio.run(ask_all(self._port, self._paths(), _AT_ONCE, self.exchanges, _KEPT))

    def _paths(self) -> Iterator[str]:
        for number in itertools.takewhile(lambda _: not self._is_over, itertools.count()):
            yield f"/{'boom' if number % 20 == 5 else 'ok'}/{number}"

    @property
    def processes(self) -> set[int]:
        """The processes that have answered."""
        return {int(exchange.process) for exchange in list(self.exchanges) if exchange.process}

    def go_on(self, count: int) -> None:
        """Wait until there were some more requests."""
        wanted, end = len(self.exchanges) + count, time.monotonic() + _LONGEST
        while len(self.exchanges) < wanted and time.monotonic() < end:
            time.sleep(0.005)
