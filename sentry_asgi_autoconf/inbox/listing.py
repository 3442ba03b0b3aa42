"""Choose what a list shows: filtered, newest first, a page at a time, looking at no more than the page needs."""

from __future__ import annotations

from itertools import islice
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Tuple
from urllib.parse import urlencode

from sentry_asgi_autoconf.inbox import profiles, summaries
from sentry_asgi_autoconf.inbox.facts import FACETS, Facts
from sentry_asgi_autoconf.inbox.issues import Issue
from sentry_asgi_autoconf.inbox.spans import records
from sentry_asgi_autoconf.inbox.store import Kept, Store
from sentry_asgi_autoconf.inbox.tolerant import Item, Shown, ago, clock, duration

PAGE = 50
LEVELS = ("fatal", "error", "warning", "info", "debug")
# Where in its list a row is: the item, and the place in it where it holds several.
Position = Tuple[int, int]
_FIRST: Position = (2**63, 0)
_DAY = "%Y-%m-%d %H:%M:%S"


class Filters(NamedTuple):
    """What a person asks to see; an empty text asks for all."""

    q: str = ""
    level: str = ""
    project: str = ""
    environment: str = ""
    release: str = ""
    server: str = ""
    issue: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> Filters:
        """Return what the query of a URL asks for."""
        return cls(**{name: query[name] for name in cls._fields if query.get(name)})

    def query(self, **changes: str) -> str:
        """Return the query of a URL that asks for this, but for `changes`, with its question mark."""
        asked = {**self._asdict(), **changes}
        encoded = urlencode({name: value for name, value in asked.items() if value})
        return f"?{encoded}" if encoded else ""

    def take(self, facts: Facts) -> bool:
        """Return whether an item can be among what is asked for."""
        asked = ((getattr(self, name), getattr(facts, name)) for name in FACETS)
        return all(wanted in ("", found) for wanted, found in asked) and self.issue in ("", facts.group)

    def take_row(self, row: Shown, source: Any) -> bool:
        """Return whether a row is, of which `source` is all that was sent."""
        return self.level in ("", row.get("level")) and self.find(source)

    def find(self, source: Any) -> bool:
        """Return whether what was sent has the text that is searched for."""
        return not self.q or _has(source, self.q.casefold())


class Page(NamedTuple):
    """The rows of a page, and the position that the next, older one comes after; empty for none."""

    rows: list[Shown]
    older: str


def page(rows: Iterable[tuple[Position, Shown]], size: int = PAGE) -> Page:
    """Return the first `size` rows."""
    found = list(islice(rows, size + 1))
    older = "{}.{}".format(*found[size - 1][0]) if len(found) > size else ""
    return Page([row for _, row in found[:size]], older)


def position(text: str) -> Position:
    """Return the position in a URL; the first where it says none."""
    number, _, place = text.partition(".")
    try:
        return int(number[:18]), int(place[:18])
    except ValueError:
        return _FIRST


def issues(store: Store, filters: Filters, before: Position = _FIRST) -> Iterator[tuple[Position, Shown]]:
    """Yield the issues of which a kept event is asked for, each with its newest such event."""
    for newest, issue in store.issues():
        if (newest, 0) < before and filters.issue in ("", issue.group):
            for _, row in errors(store, filters._replace(issue=issue.group)):
                yield (newest, 0), {**row, **of_issue(issue)}
                break


def errors(store: Store, filters: Filters, before: Position = _FIRST) -> Iterator[tuple[Position, Shown]]:
    """Yield the error events."""
    kept = store.newest_first(["event"], filters.issue)
    return _rows(kept, filters, before, lambda item: [(summaries.error(item), item["payload"])])


def transactions(
    store: Store, filters: Filters, before: Position = _FIRST
) -> Iterator[tuple[Position, Shown]]:
    """Yield the transactions, and the segments of streamed traces."""

    def read(item: Item) -> list[tuple[Shown, Any]]:
        return [(row, item["payload"] if row["spans"] else row) for row in summaries.requests(item)]

    return _rows(store.newest_first(["transaction", "span"]), filters, before, read)


def logs(store: Store, filters: Filters, before: Position = _FIRST) -> Iterator[tuple[Position, Shown]]:
    """Yield the log records."""
    return _rows(
        store.newest_first(["log"]), filters, before, lambda item: zip(summaries.logs(item), records(item))
    )


def profile_rows(
    store: Store, filters: Filters, before: Position = _FIRST
) -> Iterator[tuple[Position, Shown]]:
    """Yield the profiles, the chunks of a continuous one together."""
    kept = store.newest_first(profiles.TYPES)
    seen: set[str] = set()
    for place, row in _rows(kept, filters, _FIRST, lambda item: [(profiles.summary(item), item["payload"])]):
        if place < before and row["profiler_id"] not in seen:
            yield place, row
        seen.update(filter(None, [row["profiler_id"]]))


def run_of(store: Store, profile: Item) -> list[Item]:
    """Return the items of a profile, oldest first: of a continuous one all chunks that are kept."""
    profiler = profiles.summary(profile)["profiler_id"]
    if not profiler:
        return [profile]
    chunks = (kept.item for kept in store.newest_first(["profile_chunk"]))
    return [chunk for chunk in chunks if profiles.summary(chunk)["profiler_id"] == profiler][::-1]


def of_issue(issue: Issue) -> Shown:
    """Sum up what was counted of an issue."""
    most = max(issue.trend.bars) or 1
    return {
        "group": issue.group,
        "count": issue.count,
        "first": clock(issue.first, _DAY),
        "last": clock(issue.last, _DAY),
        "first_ago": ago(issue.first),
        "last_ago": ago(issue.last),
        "bars": [round(100 * count / most) for count in issue.trend.bars],
        "each": duration(issue.trend.width),
    }


def _rows(
    kept: list[Kept], filters: Filters, before: Position, read: Callable[[Item], Iterable[tuple[Shown, Any]]]
) -> Iterator[tuple[Position, Shown]]:
    for item, _, facts in kept:
        if item["id"] <= before[0] and filters.take(facts):
            for place, (row, source) in reversed(list(enumerate(read(item)))):
                if (item["id"], place) < before and filters.take_row(row, source):
                    yield (item["id"], place), row


def _has(value: Any, needle: str) -> bool:
    """Return whether a name, a text or a number in what was sent has `needle` in it, whatever the case."""
    pending = [value]
    while pending:
        each = pending.pop()
        if isinstance(each, dict):
            pending += each
            pending += each.values()
        elif isinstance(each, list):
            pending += each
        elif needle in (each.casefold() if isinstance(each, str) else str(each)):
            return True
    return False
