"""Let requests on the event loop sleep until something has arrived."""

from __future__ import annotations

import asyncio
import time
from typing import Callable

from sentry_asgi_autoconf.inbox.receiver import Item, Store


class Arrivals:
    """Wake waiting requests at each arrival in a store, and for good when the server closes."""

    def __init__(self, store: Store) -> None:
        """Watch `store`, from whichever thread it is filled."""
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._closed = False
        store.subscribe(self._wake)

    def close(self) -> None:
        """Answer all waiting requests now, so that the server can end."""
        self._closed = True
        self._wake()

    async def wait(self, find: Callable[[], list[Item]], count: int, seconds: float) -> list[Item]:
        """Return what `find` gives as soon as it gives `count` items, or after `seconds`."""
        deadline = time.monotonic() + seconds
        arrived = asyncio.Event()
        waiter = (asyncio.get_running_loop(), arrived)
        self._waiting.add(waiter)
        try:
            while True:
                arrived.clear()
                found = find()
                remaining = deadline - time.monotonic()
                if len(found) >= count or remaining <= 0 or self._closed:
                    return found
                try:
                    await asyncio.wait_for(arrived.wait(), remaining)
                except asyncio.TimeoutError:
                    return find()
        finally:
            self._waiting.discard(waiter)

    def _wake(self) -> None:
        for loop, arrived in list(self._waiting):
            if not loop.is_closed():
                loop.call_soon_threadsafe(arrived.set)
