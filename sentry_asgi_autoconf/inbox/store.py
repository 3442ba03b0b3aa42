"""Keep what arrived, bounded in number and bytes, and let readers wait for more."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import Counter, OrderedDict
from itertools import chain
from typing import TYPE_CHECKING, Callable, Collection, Iterable, NamedTuple

from sentry_asgi_autoconf.inbox.facts import FACETS, Facts, facts_of
from sentry_asgi_autoconf.inbox.issues import Issue
from sentry_asgi_autoconf.inbox.tolerant import Item

if TYPE_CHECKING:
    from sentry_asgi_autoconf.inbox.archive import Archive

MAX_CHOICES = 100  # that a person is offered of each facet


class Kept(NamedTuple):
    """An item, the bytes of its payload's text, and what it is found by."""

    item: Item
    size: int
    facts: Facts


class _Kind:
    """What is kept of one kind: the ids of each group, oldest first, and how many bytes and rows they are together."""

    def __init__(self) -> None:
        self.groups: dict[str, OrderedDict[int, None]] = {}
        self.count = self.bytes = self.rows = 0

    def change(self, kept: Kept, by: int) -> None:
        self.count += by
        self.bytes += by * kept.size
        self.rows += by * kept.facts.rows

    def next_to_go(self) -> int:
        """Return the oldest of the group that has the most."""
        largest = max(self.groups.values(), key=lambda ids: (len(ids), -next(iter(ids))))
        return next(iter(largest))


class Store:
    """Bounded memory of received items, safe for readers in other threads; `subscribers` are called after an add.

    A flood displaces its own like: what is too much goes from its kind, among errors from the issue that has the
    most, the oldest first. An issue is known, with all that it counted, as long as one of its events is kept.
    """

    def __init__(
        self, max_items: int = 1000, max_bytes: int = 64 * 1024 * 1024, archive: Archive | None = None
    ) -> None:
        """Keep `max_items` of each kind, and `max_bytes` of all payloads' text (several times that in memory).

        What `archive` has is there again, and what is kept from now on is in it.
        """
        self.max_items, self.max_bytes = max_items, max_bytes
        self.newest = 0  # the last item's id
        self.changes = 0  # how often something was added or cleared
        self._kept: OrderedDict[int, Kept] = OrderedDict()
        self._kinds: dict[str, _Kind] = {}
        self._issues: dict[str, Issue] = {}
        self._facets: dict[str, Counter[str]] = {name: Counter() for name in FACETS}
        self._archive = archive
        self._changed = threading.Condition()
        self.subscribers: list[Callable[[], None]] = []
        if archive is not None:
            self._restore(archive)

    def add(self, entry: Item, size: int) -> Item:
        """Keep `entry`, whose payload has `size` bytes, unless that is too much in itself; return it with its id."""
        facts = facts_of(entry)
        with self._changed:
            self.newest += 1
            self.changes += 1
            item = {"id": self.newest, **entry}
            self._keep(Kept(item, size, facts))
            if facts.kind == "event":
                self._issues.setdefault(facts.group, Issue(facts.group, facts.at)).add(facts.at)
            self._record([(item, size)], self._displaced(), {facts.group})
            self._changed.notify_all()
        self.wake()
        return item

    def get(self, item_id: int) -> Item | None:
        """Return the item with this id, or None when it never was or was dropped."""
        with self._changed:
            kept = self._kept.get(item_id)
        return kept.item if kept else None

    def items(self, project: str | None = None, types: Collection[str] = (), after: int = 0) -> list[Item]:
        """List items, oldest first: of one project, of these types, with a higher id than `after`."""
        with self._changed:
            found = [kept.item for key, kept in self._kept.items() if key > after]
        if project is not None:
            found = [item for item in found if item["project"] == project]
        return [item for item in found if item["type"] in types] if types else found

    def newest_first(self, kinds: Collection[str], group: str = "") -> list[Kept]:
        """List what is kept of some kinds, newest first; of one issue, or of all."""
        with self._changed:
            found = [self._kinds[kind].groups for kind in kinds if kind in self._kinds]
            chosen = [ids for each in found for name, ids in each.items() if group in ("", name)]
            return [self._kept[number] for number in sorted(chain.from_iterable(chosen), reverse=True)]

    def issues(self) -> list[tuple[int, Issue]]:
        """Return all issues with the id of their newest event, the newest first."""
        with self._changed:
            groups = self._kinds["event"].groups if self._issues else {}
            return sorted(
                ((next(reversed(ids)), self._issues[name]) for name, ids in groups.items()),
                reverse=True,
                key=_id,
            )

    def issue(self, group: str) -> Issue | None:
        """Return an issue, or None where none of its events is kept."""
        with self._changed:
            return self._issues.get(group)

    def facets(self) -> dict[str, list[str]]:
        """Return the commonest values that what is kept has, by facet."""
        with self._changed:
            commonest = {name: counted.most_common(MAX_CHOICES) for name, counted in self._facets.items()}
        return {name: sorted(value for value, _ in found if value) for name, found in commonest.items()}

    def totals(self) -> dict[str, tuple[int, int]]:
        """Return how many items of each kind are kept, and how many rows of lists they make."""
        with self._changed:
            return {name: (kind.count, kind.rows) for name, kind in self._kinds.items()}

    def clear(self, project: str | None = None) -> int:
        """Forget all items, or those of one project, and return how many they were."""
        with self._changed:
            self.changes += 1
            doomed = [key for key, kept in self._kept.items() if project in (None, kept.facts.project)]
            self._record([], [self._drop(key) for key in doomed], ())
            self._changed.notify_all()
        self.wake()
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

    def wake(self) -> None:
        """Call the subscribers."""
        for each in self.subscribers:
            each()

    def close(self) -> None:
        """Write out the archive."""
        with self._changed:
            if self._archive is not None:
                self._archive.close()

    def _restore(self, archive: Archive) -> None:
        for item, size in archive.items():
            self._keep(Kept(item, size, facts_of(item)))
        known = archive.issues()
        self.newest = archive.newest()
        groups = self._kinds["event"].groups if "event" in self._kinds else {}
        self._issues = {name: Issue.load(name, known[name]) for name in groups}
        self._record([], self._displaced(), ())  # fewer may be kept than before

    def _record(self, added: list[tuple[Item, int]], dropped: list[Kept], groups: Iterable[str]) -> None:
        if self._archive is not None:
            changed = {*groups, *(kept.facts.group for kept in dropped)} - {""}
            issues = {name: self._issues[name].dump() if name in self._issues else None for name in changed}
            self._archive.record(added, [kept.item["id"] for kept in dropped], issues)

    def _keep(self, kept: Kept) -> None:
        number, facts = kept.item["id"], kept.facts
        self._kept[number] = kept
        kind = self._kinds.setdefault(facts.kind, _Kind())
        kind.groups.setdefault(facts.group, OrderedDict())[number] = None
        kind.change(kept, 1)
        for name in FACETS:
            self._facets[name][getattr(facts, name)] += 1

    def _displaced(self) -> list[Kept]:
        """Drop what is too much, and return it."""
        dropped = []
        for kind in list(self._kinds.values()):
            while kind.count > self.max_items:
                dropped.append(self._drop(kind.next_to_go()))
        while sum(kind.bytes for kind in self._kinds.values()) > self.max_bytes:
            largest = max(self._kinds.values(), key=lambda kind: kind.bytes)
            dropped.append(self._drop(largest.next_to_go()))
        return dropped

    def _drop(self, key: int) -> Kept:
        kept = self._kept.pop(key)
        kind, group = self._kinds[kept.facts.kind], kept.facts.group
        kind.change(kept, -1)
        del kind.groups[group][key]
        if not kind.groups[group]:
            del kind.groups[group]
            self._issues.pop(group, None)
        if not kind.count:
            del self._kinds[kept.facts.kind]
        for name in FACETS:
            value = getattr(kept.facts, name)
            self._facets[name][value] -= 1
            if not self._facets[name][value]:
                del self._facets[name][value]
        return kept


class Arrivals:
    """Wake requests that wait on an event loop at each arrival in a store, and for good when the server closes."""

    def __init__(self, store: Store) -> None:
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()
        self.closed = False
        store.subscribers.append(self._wake)

    def close(self) -> None:
        """Answer all waiting requests now, so that the server can end."""
        self.closed = True
        self._wake()

    async def wait(
        self, find: Callable[[], list[Item]], satisfied: Callable[[list[Item]], bool], seconds: float
    ) -> list[Item]:
        """Return what `find` returns as soon as `satisfied` accepts it, or after `seconds`."""
        deadline = time.monotonic() + seconds
        arrived = asyncio.Event()
        waiter = (asyncio.get_running_loop(), arrived)
        self._waiting.add(waiter)
        try:
            while True:
                arrived.clear()
                found = find()
                remaining = deadline - time.monotonic()
                if satisfied(found) or remaining <= 0 or self.closed:
                    return found
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(arrived.wait(), remaining)
        finally:
            self._waiting.discard(waiter)

    def _wake(self) -> None:
        for loop, arrived in list(self._waiting):
            if not loop.is_closed():
                loop.call_soon_threadsafe(arrived.set)


def _id(found: tuple[int, Issue]) -> int:
    return found[0]
