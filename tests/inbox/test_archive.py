"""`--store FILE`: a restart loses nothing, nobody else's file is touched, and a file that fails stops nothing."""

import contextlib
import sqlite3
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sentry_asgi_autoconf.inbox.archive import Archive, InboxFileError
from sentry_asgi_autoconf.inbox.store import Store
from tests.inbox.sending import CLIENT, KEY
from tests.inbox.test_command import address, post, refused, running


def raised(kind: str, received: str = "2026-01-02T03:04:05+00:00") -> dict[str, Any]:
    payload = {"exception": [{"type": kind}], "environment": "staging"}
    return {"project": "1", "type": "event", "received": received, "payload": payload}


@contextlib.contextmanager
def opened(path: Path, **bounds: int) -> Iterator[Store]:
    with contextlib.closing(Store(archive=Archive(str(path)), **bounds)) as store:
        yield store


def test_all_is_there_again_with_its_counts_and_ids_go_on(tmp_path: Path) -> None:
    path = tmp_path / "inbox.sqlite"
    with opened(path, max_items=3) as store:
        for second, kind in enumerate("ABABAB"):
            store.add(raised(kind, f"2026-01-02T03:04:0{second}+00:00"), 10)
        store.add({"project": "2", "type": "log", "payload": {"items": [{"body": "Ünï\ncode"}]}}, 10)
        items, issues = store.items(), [(newest, issue.dump()) for newest, issue in store.issues()]
    assert len(items) == 4
    with opened(path, max_items=3) as store:
        assert store.items() == items
        assert [(newest, issue.dump()) for newest, issue in store.issues()] == issues
        assert [issue.count for _, issue in store.issues()] == [3, 3]
        assert store.facets()["environment"] == ["staging"]
        store.clear()
        assert store.add(raised("C"), 1)["id"] == 8
    with opened(path) as store:
        assert [item["id"] for item in store.items()] == [8]
    assert [found.name for found in tmp_path.iterdir()] == ["inbox.sqlite"]


def test_a_bound_that_is_lower_now_holds_for_what_is_there(tmp_path: Path) -> None:
    for most, expected in ((9, [1, 2, 3, 4, 5]), (2, [4, 5]), (9, [4, 5])):
        with opened(tmp_path / "inbox.sqlite", max_items=most) as store:
            for _ in range(0 if store.newest else 5):
                store.add(raised("A"), 1)
            assert [item["id"] for item in store.items()] == expected


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "inbox.sqlite"
    with opened(path):
        assert {stat.S_IMODE(found.stat().st_mode) for found in tmp_path.iterdir()} == {0o600}


def test_another_s_file_is_refused_and_left_alone(tmp_path: Path) -> None:
    text, database = tmp_path / "notes.txt", tmp_path / "other.sqlite"
    text.write_text("my notes, which are longer than the head of a database is, by far and by all means" * 20)
    with contextlib.closing(sqlite3.connect(database)) as connection:
        connection.execute("CREATE TABLE theirs (x)")
        connection.commit()
    for path in (text, database):
        before = path.read_bytes()
        with pytest.raises(InboxFileError):
            Archive(str(path))
        assert path.read_bytes() == before


def test_a_file_that_fails_later_stops_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with opened(tmp_path / "inbox.sqlite") as store:
        assert store._archive
        store._archive._connection.execute("PRAGMA max_page_count = 1")
        for _ in range(2):
            store.add({**raised("A"), "more": "x" * 100_000}, 1)
        assert len(store.items()) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert line.endswith("[inbox-file]")


def test_the_command_keeps_what_arrived_through_a_kill(tmp_path: Path) -> None:
    path = str(tmp_path / "inbox.sqlite")
    with running("--port", "0", "--store", path) as process:
        url = address(process.stdout.readline())
        post(url, {"message": f"hello http://{KEY}@127.0.0.1/1"}, {"message": "again"})
        # Nobody else may have it meanwhile.
        assert "[inbox-file]" in refused("--port", "0", "--store", path)
        process.kill()
        process.wait()
    assert all(KEY.encode() not in found.read_bytes() for found in tmp_path.iterdir())
    with running("--port", "0", "--store", path) as process:
        url = address(process.stdout.readline())
        assert [item["id"] for item in CLIENT.get(f"{url}/api/inbox/items").json()["items"]] == [1, 2]
        process.terminate()
        assert process.wait(20) == 0
    assert [found.name for found in tmp_path.iterdir()] == ["inbox.sqlite"]


def test_a_file_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    message = refused("--port", "0", "--store", str(tmp_path / "no" / "such" / "directory"))
    assert "[inbox-file]" in message
