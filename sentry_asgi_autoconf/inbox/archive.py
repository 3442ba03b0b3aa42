"""Keep what an inbox has in a file too (SQLite), for its next start, and for whoever looks at it later."""

from __future__ import annotations

import json
import os
import sqlite3
from typing import Any, Iterator, Mapping, Sequence

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.exceptions import AutoconfError

# Tells the inbox's files from other programs', and their form from later ones.
_APPLICATION, _FORM = 0x53414149, 1
_TABLES = """
CREATE TABLE items (id INTEGER PRIMARY KEY AUTOINCREMENT, size INTEGER NOT NULL, item TEXT NOT NULL);
CREATE TABLE issues (name TEXT PRIMARY KEY, issue TEXT NOT NULL);
"""
_NONE: dict[str, str | None] = {}


class InboxFileError(AutoconfError, slug="inbox-file"):
    """A file that the inbox cannot keep its items in."""


class Archive:
    """The file of one inbox, which no other has at the same time."""

    def __init__(self, path: str) -> None:
        """Open it, or make it, for its owner's eyes alone. Raises InboxFileError."""
        self.path = path
        self._works = True
        try:
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._connection = sqlite3.connect(path, timeout=1, check_same_thread=False)
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise self._refusal(f"cannot be used ({error})") from None

    def items(self) -> Iterator[tuple[dict[str, Any], int]]:
        """Yield what is kept, oldest first, with its size."""
        for text, size in self._connection.execute("SELECT item, size FROM items ORDER BY id"):
            yield json.loads(text), size

    def issues(self) -> dict[str, str]:
        """Return what was dumped of each issue."""
        return dict(self._connection.execute("SELECT name, issue FROM issues"))

    def newest(self) -> int:
        """Return the highest id that any item had."""
        found = self._connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'items'").fetchone()
        return int(found[0]) if found else 0

    def record(
        self,
        kept: Sequence[tuple[Mapping[str, Any], int]] = (),
        dropped: Sequence[int] = (),
        issues: Mapping[str, str | None] = _NONE,
    ) -> None:
        """Add items with their sizes, drop others by id, replace issues or drop those that are None: all or nothing.

        Where that fails, the inbox goes on without the file.
        """
        if not self._works:
            return
        rows = [(item["id"], size, json.dumps(item)) for item, size in kept]
        known = [(name, dumped) for name, dumped in issues.items() if dumped is not None]
        gone = [(name,) for name, dumped in issues.items() if dumped is None]
        many = self._connection.executemany
        try:
            with self._connection:
                many("INSERT INTO items VALUES (?, ?, ?)", rows)
                many("DELETE FROM items WHERE id = ?", [(number,) for number in dropped])
                many("INSERT OR REPLACE INTO issues VALUES (?, ?)", known)
                many("DELETE FROM issues WHERE name = ?", gone)
        except sqlite3.Error as error:
            self._works = False
            console.say(
                "error", self._refusal(f"cannot be written any more ({error}): new items are not in it")
            )

    def close(self) -> None:
        """Write out all of it, into the one file."""
        self._connection.close()

    def _prepare(self) -> None:
        execute = self._connection.execute
        application, form = (
            execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
        )
        is_new = execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
        if not is_new and (application, form) != (_APPLICATION, _FORM):
            raise self._refusal("was made by another program, or by a newer release")
        # Another inbox is refused here. A process that is killed loses nothing; a machine may lose the last second.
        for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = OFF"):
            execute(f"PRAGMA {pragma}")
        if is_new:
            marks = f"PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {_FORM};"
            self._connection.executescript(f"BEGIN EXCLUSIVE; {_TABLES} {marks} COMMIT;")
        else:
            self._connection.executescript("BEGIN EXCLUSIVE; COMMIT;")

    def _refusal(self, what: str) -> InboxFileError:
        remedy = "Name a file that only this inbox uses, in a directory that you may write to."
        return InboxFileError(f"--store {self.path} {what}", remedy=remedy)
