"""The store is bounded, counts issues, and lets readers wait."""

import threading
from collections import Counter
from typing import Any

from sentry_asgi_autoconf.inbox.issues import BARS, Trend
from sentry_asgi_autoconf.inbox.store import Store


def entry(project: str = "1", kind: str = "event") -> dict[str, Any]:
    return {"project": project, "type": kind, "payload": {}}


def raised(kind: str) -> dict[str, Any]:
    return {**entry(), "payload": {"exception": [{"type": kind}]}}


def test_items_get_increasing_ids_that_are_never_reused() -> None:
    store = Store()
    first = store.add(entry(), 1)
    store.clear()
    assert store.add(entry(), 1)["id"] > first["id"]


def test_the_oldest_items_go_first_when_there_are_too_many() -> None:
    store = Store(max_items=3)
    for _ in range(5):
        store.add(entry(), 1)
    assert [item["id"] for item in store.items()] == [3, 4, 5]
    assert store.get(1) is None


def test_the_oldest_items_go_first_when_they_are_too_large_together() -> None:
    store = Store(max_bytes=100)
    for _ in range(3):
        store.add(entry(), 40)
    assert [item["id"] for item in store.items()] == [2, 3]


def test_a_flood_of_one_kind_displaces_no_other() -> None:
    store = Store(max_items=100)
    store.add(entry(kind="event"), 1)
    for number in range(300):
        store.add(entry(kind="transaction"), 1)
        store.add(entry(kind=("log", "span")[number % 2]), 1)
    assert Counter(item["type"] for item in store.items()) == {
        "event": 1,
        "transaction": 100,
        "log": 100,
        "span": 100,
    }
    assert [item["id"] for item in store.items()] == sorted(item["id"] for item in store.items())
    # The newest of each kind are those that stay.
    assert [store.get(number) for number in (2, 3)] == [None, None]
    assert None not in [store.get(number) for number in (600, 601)]


def test_kinds_that_nobody_knows_share_one_bound() -> None:
    store = Store(max_items=10)
    for number in range(100):
        store.add(entry(kind=f"kind {number}"), 1)
    assert len(store.items()) == 10


def test_a_flood_of_one_error_displaces_no_other_and_all_are_counted() -> None:
    store = Store(max_items=100)
    store.add(raised("Rare"), 1)
    for number in range(1000):
        store.add(raised(f"Common{number % 3}"), 1)
    kept = Counter(item["payload"]["exception"][0]["type"] for item in store.items())
    assert kept["Rare"] == 1
    assert sum(kept.values()) == 100
    assert max(kept.values()) - min(kept[f"Common{number}"] for number in range(3)) <= 1
    assert sorted(issue.count for _, issue in store.issues()) == [1, 333, 333, 334]


def test_an_issue_goes_with_the_last_of_its_events_and_begins_anew() -> None:
    store = Store(max_items=2)
    for kind in ("A", "B", "C"):
        store.add(raised(kind), 1)
    assert [newest for newest, _ in store.issues()] == [3, 2]
    store.clear()
    assert (store.issues(), store.facets()["project"]) == ([], [])
    store.add(raised("B"), 1)
    assert [issue.count for _, issue in store.issues()] == [1]


def test_a_trend_is_as_long_as_its_issue_lives_and_counts_each_event() -> None:
    trend = Trend(1000.0)
    for second in range(100):
        trend.add(1000.0 + second)
    assert (sum(trend.bars), len(trend.bars), trend.width) == (100, BARS, 8.0)
    assert trend.bars[:13] == [8] * 12 + [4]
    trend.add(1000.0 + 86400 * 365)
    trend.add(0.0)  # a clock that was set back
    assert (sum(trend.bars), len(trend.bars)) == (102, BARS)
    assert trend.start + trend.width * BARS > 1000.0 + 86400 * 365


def test_large_items_of_one_kind_displace_no_other() -> None:
    store = Store(max_bytes=100)
    store.add(entry(kind="event"), 10)
    for _ in range(5):
        store.add(entry(kind="transaction"), 40)
    assert [item["id"] for item in store.items()] == [1, 5, 6]


def test_an_item_above_the_bound_is_not_kept_and_displaces_its_own_kind() -> None:
    store = Store(max_bytes=100)
    store.add(entry(kind="log"), 1)
    store.add(entry(), 1)
    store.add(entry(), 101)
    assert [item["id"] for item in store.items()] == [1]
    store.clear()
    store.add(entry(), 100)
    assert len(store.items()) == 1


def test_cleared_items_make_room() -> None:
    store = Store(max_bytes=100)
    store.add(entry("1"), 60)
    store.add(entry("2"), 40)
    assert store.clear("1") == 1
    store.add(entry("2"), 60)
    assert [item["id"] for item in store.items()] == [2, 3]


def test_items_are_filtered_by_project_type_and_id() -> None:
    store = Store()
    for project, kind in (("1", "event"), ("2", "event"), ("1", "log"), ("1", "transaction")):
        store.add(entry(project, kind), 1)
    assert [item["id"] for item in store.items("1", ("event", "log"))] == [1, 3]
    assert [item["id"] for item in store.items(after=2)[:1]] == [3]


def test_a_waiting_reader_gets_what_another_thread_adds() -> None:
    store = Store()
    adding = threading.Thread(target=lambda: [store.add(entry(), 1) for _ in range(2)])
    adding.start()
    assert len(store.wait(lambda items: len(items) == 2, timeout=10)) == 2
    adding.join()


def test_a_reader_that_waits_in_vain_gets_what_there_is() -> None:
    store = Store()
    store.add(entry(), 1)
    assert len(store.wait(lambda items: len(items) == 2, timeout=0.01)) == 1
