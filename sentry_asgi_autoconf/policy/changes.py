"""Which version of each policy counts, as files are replaced, written anew, broken or removed, and as values expire.

A version of a file counts once two looks have found it the same, for it may be read while it is written. Until then it
counts beside the one before, so that what either of them forbids is forbidden: what is stricter need not wait.
"""

from __future__ import annotations

import os
from typing import Iterator

from sentry_asgi_autoconf.exceptions import AutoconfError, PolicyChangeError
from sentry_asgi_autoconf.policy.in_force import Source, mark_of

# After so many looks that have each found another version, the latest counts: else one could be held off for ever.
_RESTLESS = 3
_ROOT = 0


class Watched:
    """One policy: the version that counts, and a newer one beside it that has yet to be found a second time."""

    def __init__(self, source: Source) -> None:
        """Begin with the version that the process has started with."""
        self._counts = source
        self._newer: Source | None = None
        self._mark, self._is_settled, self._restless = source.mark, True, 0

    @property
    def sources(self) -> list[Source]:
        """Return the versions that count, the newer one last."""
        return [self._counts] if self._newer is None else [self._counts, self._newer]

    def look(self) -> list[AutoconfError]:
        """Look once whether there is another version, and return what is to be said of it."""
        if not self._counts.path:
            return []
        mark = mark_of(self._counts.path)
        is_same = mark == self._mark
        if is_same and self._is_settled:
            return []
        self._mark, self._is_settled = mark, is_same
        self._restless = 0 if is_same else self._restless + 1
        return list(self._take(is_same))

    def _take(self, is_same: bool) -> Iterator[AutoconfError]:
        found = self._counts.read_again() if self._counts.read_again else self._counts
        refused = [error.what for error in found.policy.errors] or self._foreign(found)
        if refused:
            self._newer = None
            if is_same:
                what = f"a changed policy does not count: {refused[0]}"
                yield PolicyChangeError(what, remedy="Correct it; until then the version before holds.")
        elif is_same or (self._restless >= _RESTLESS and found.is_whole):
            self._counts, self._newer, self._restless = found, None, 0
        else:
            self._newer = found if found.is_whole else None

    def read_again(self) -> None:
        """Read the version that counts again, as a value of it has expired."""
        if self._counts.read_again is not None:
            again = self._counts.read_again()
            if again.policy.names == self._counts.policy.names:
                self._counts = again

    def _foreign(self, found: Source) -> list[str]:
        owner, before = found.mark[0], self._counts.mark[0]
        if not hasattr(os, "getuid") or owner in (_ROOT, before, os.getuid()):
            return []
        return [f"{found.path} is now another user's"]
