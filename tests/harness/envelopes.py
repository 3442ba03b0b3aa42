"""Read what arrived at the inbox for one project."""

from __future__ import annotations

import itertools
from typing import Any

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.harness.server import DEADLINE

_numbers = itertools.count(1)


class Project:
    """One project of the inbox: a DSN of its own, and what was sent to it."""

    def __init__(self, inbox: BackgroundInbox) -> None:
        self._inbox = inbox
        self.number = str(next(_numbers))
        self.dsn = inbox.dsn(project=self.number)

    def items(self, *types: str) -> list[dict[str, Any]]:
        """Return what has arrived, of these item types, oldest first."""
        return self._of(types, self._inbox.store.wait(lambda items: True, 0))

    def wait(self, type_: str, count: int = 1) -> list[dict[str, Any]]:
        """Wait until `count` items of a type have arrived, and give their payloads, oldest first."""
        items = self._inbox.store.wait(lambda items: len(self._of((type_,), items)) >= count, DEADLINE)
        found = self._of((type_,), items)
        if len(found) < count:
            raise AssertionError(
                f"{len(found)} of {count} {type_} arrived: {[i['type'] for i in self._of((), items)]}"
            )
        return [item["payload"] for item in found]

    def _of(self, types: tuple[str, ...], items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            item for item in items if item["project"] == self.number and (not types or item["type"] in types)
        ]
