"""Keep what arrived, bounded in number and bytes, and let readers wait for more."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter, OrderedDict
from typing import Any, Callable, Collection, Dict

# As the JSON API returns it: id, project, type, headers, envelope, received, auth, payload.
Item = Dict[str, Any]


class Store:
    """Bounded memory of received items, safe for readers in other threads; `subscribers` are called after an add.

    What is too much goes from the kind that has the most, the oldest first: a flood of one displaces no other.
    """

    def __init__(self, max_items: int = 1000, max_bytes: int = 64 * 1024 * 1024) -> None:
        """Keep at most `max_items` items, and `max_bytes` of their payloads' text (several times that in memory)."""
        self.max_items, self.max_bytes = max_items, max_bytes
        self.newest = 0  # the last item's id
        self._kept: OrderedDict[int, tuple[Item, int]] = OrderedDict()
        self._counts: Counter[str] = Counter()
        self._bytes: Counter[str] = Counter()
        self._changed = threading.Condition()
        self.subscribers: list[Callable[[], None]] = []

    def add(self, entry: Item, size: int) -> Item:
        """Keep `entry`, whose payload has `size` bytes, unless that is too much in itself; return it with its id."""
        with self._changed:
            self.newest += 1
            item = {"id": self.newest, **entry}
            self._kept[self.newest] = (item, size)
            self._counts[item["type"]] += 1
            self._bytes[item["type"]] += size
            self._displace(self._counts, self.max_items)
            self._displace(self._bytes, self.max_bytes)
            self._changed.notify_all()
        for wake in self.subscribers:
            wake()
        return item

    def get(self, item_id: int) -> Item | None:
        """Return the item with this id, or None when it never was or was dropped."""
        with self._changed:
            return self._kept.get(item_id, (None, 0))[0]

    def items(self, project: str | None = None, types: Collection[str] = (), after: int = 0) -> list[Item]:
        """List items, oldest first: of one project, of these types, with a higher id than `after`."""
        with self._changed:
            found = [item for key, (item, _) in self._kept.items() if key > after]
        if project is not None:
            found = [item for item in found if item["project"] == project]
        return [item for item in found if item["type"] in types] if types else found

    def clear(self, project: str | None = None) -> int:
        """Forget all items, or those of one project, and return how many they were."""
        with self._changed:
            doomed = self.items(project)
            for item in doomed:
                self._drop(item["id"])
            return len(doomed)

    def wait(self, satisfied: Callable[[list[Item]], bool], timeout: float) -> list[Item]:
        """Block until `satisfied` accepts all kept items, or `timeout` seconds; return the items then kept."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                items = self.items()
                remaining = deadline - time.monotonic()
                if satisfied(items) or remaining <= 0:
                    return items
                self._changed.wait(remaining)

    def _displace(self, shares: Counter[str], most: int) -> None:
        while sum(shares.values()) > most:
            largest = max(shares, key=shares.__getitem__)
            self._drop(next(key for key, (item, _) in self._kept.items() if item["type"] == largest))

    def _drop(self, key: int) -> None:
        item, size = self._kept.pop(key)
        for shares, share in ((self._counts, 1), (self._bytes, size)):
            shares[item["type"]] -= share
            if not shares[item["type"]]:
                del shares[item["type"]]


class Arrivals:
    """Wake requests that wait on an event loop at each arrival in a store, and for good when the server closes."""

    def __init__(self, store: Store) -> None:
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self._closed = False
        store.subscribers.append(self._wake)

    def close(self) -> None:
        """Answer all waiting requests now, so that the server can end."""
        self._closed = True
        self._wake()

    async def wait(self, find: Callable[[], list[Item]], count: int, seconds: float) -> list[Item]:
        """Return what `find` returns as soon as it holds `count` items, or after `seconds`."""
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
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(arrived.wait(), remaining)
        finally:
            self._waiting.discard(waiter)

    def _wake(self) -> None:
        for loop, arrived in list(self._waiting):
            if not loop.is_closed():
                loop.call_soon_threadsafe(arrived.set)
