"""Lists are filtered, go back to the oldest that is kept, and look at no more than a page needs."""

import itertools
import re
import sys
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest

from sentry_asgi_autoconf.inbox import listing
from sentry_asgi_autoconf.inbox.listing import Filters
from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from sentry_asgi_autoconf.inbox.store import Store
from tests.inbox.payloads import PROFILE, TRANSACTION
from tests.inbox.sending import CLIENT, page, send


def raised(kind: str, **fields: Any) -> dict[str, Any]:
    return {"exception": {"values": [{"type": kind, "value": "no tea"}]}, **fields}


def titles(html: str) -> list[str]:
    return [
        unescape(found)
        for found in re.findall(r"<strong>(.*?)</strong>|<span class=\"body\">(.*?)<", html)
        for found in found
        if found
    ]


def walked(inbox: BackgroundInbox, path: str) -> list[str]:
    """Follow the links to older pages, and return the titles of all."""
    found: list[str] = []
    for _ in range(50):
        html = page(inbox, path)
        found += titles(html)
        older = re.search(r'rel="next" href="(.*?)"', html)
        if older is None:
            return found
        path = unescape(older[1])
    raise AssertionError("no last page")


@pytest.fixture(scope="module")
def filled() -> Iterator[BackgroundInbox]:
    with BackgroundInbox() as inbox:
        for number in range(120):
            deployed = {"environment": ("staging", "production")[number % 2], "release": f"shop@{number % 3}"}
            send(inbox, "event", raised(f"E{number:03}", level=("error", "warning")[number % 2], **deployed))
            send(
                inbox,
                "transaction",
                {**TRANSACTION, "transaction": f"/T{number:03}", "server_name": f"web{number % 2}"},
            )
        records = [
            {"body": f"line {number:03}", "level": ("info", "warn")[number % 2]} for number in range(130)
        ]
        for start in (0, 100):
            send(inbox, "log", {"items": records[start : start + 100]}, project="2")
        send(inbox, "profile", PROFILE)
        yield inbox


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/issues", [f"E{number:03}: no tea" for number in reversed(range(120))]),
        ("/errors", [f"E{number:03}: no tea" for number in reversed(range(120))]),
        ("/transactions", [f"/T{number:03}" for number in reversed(range(120))]),
        ("/logs", [f"line {number:03}" for number in reversed(range(130))]),
        ("/logs?level=warning", [f"line {number:03}" for number in reversed(range(1, 130, 2))]),
        ("/issues?environment=staging", [f"E{number:03}: no tea" for number in reversed(range(0, 120, 2))]),
    ],
)
def test_pages_lead_to_the_oldest_that_is_kept(
    filled: BackgroundInbox, path: str, expected: list[str]
) -> None:
    assert walked(filled, path) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/issues?q=e01", [f"E01{number}: no tea" for number in reversed(range(10))]),
        ("/issues?q=E119&level=warning&release=shop%402&environment=production&project=1", ["E119: no tea"]),
        ("/issues?q=E119&level=error", []),
        ("/errors?project=2", []),
        ("/transactions?q=T005", ["/T005"]),
        ("/transactions?server=web1&q=T00", ["/T009", "/T007", "/T005", "/T003", "/T001"]),
        ("/logs?q=line+12&level=info", ["line 128", "line 126", "line 124", "line 122", "line 120"]),
        ("/logs?environment=staging", []),
        ("/profiles?release=shop%401.2", ["/orders/{order}"]),
        ("/profiles?q=nowhere", []),
        ("/?q=line+001", ["line 001"]),
    ],
)
def test_what_is_asked_for_is_found_and_nothing_else(
    filled: BackgroundInbox, path: str, expected: list[str]
) -> None:
    html = page(filled, path)
    assert titles(html) == expected
    assert ("No items match" in html) is (not expected)


def test_a_search_is_for_the_text_as_it_was_sent(inbox: BackgroundInbox) -> None:
    for message in ('say "tea"', "back\\slash", "ÜNÏ", "<b>bold</b>", "{{ tea }}"):
        send(inbox, "event", {"message": message})
        query = str(
            CLIENT.build_request("GET", inbox.url, params={"q": message.swapcase()}).url.query, "ascii"
        )
        assert titles(page(inbox, f"/errors?{query}")) == [message]


def test_each_tab_keeps_what_is_asked_for(filled: BackgroundInbox) -> None:
    html = page(filled, "/logs?q=%26&project=2")
    assert '<a href="/issues?q=%26&amp;project=2">' in html.replace("\n", "")
    assert 'value="&amp;"' in html


@pytest.mark.parametrize("before", ["x", "1.2.3", "-5", "9" * 5000, "", "%C2%B2", "²"])
def test_a_position_that_makes_no_sense_is_answered(filled: BackgroundInbox, before: str) -> None:
    assert CLIENT.get(f"{filled.url}/issues", params={"before": before}).status_code == 200


def calls(act: Callable[[], object]) -> int:
    """Return how many functions `act` calls."""
    counter = itertools.count()
    sys.setprofile(lambda frame, event, argument: event == "call" and next(counter) and None)
    try:
        act()
    finally:
        sys.setprofile(None)
    return next(counter)


def test_a_page_of_ten_thousand_events_takes_no_more_work_than_of_a_hundred() -> None:
    small, large = Store(max_items=10_000), Store(max_items=10_000)
    for store, count in ((small, 100), (large, 10_000)):
        for number in range(count):
            payload = raised(f"Kind{number % 20}", extra={"number": number})
            store.add(
                {"project": "1", "type": "event", "received": "2026-01-02T03:04:05Z", "payload": payload}, 1
            )
    assert [issue.count for _, issue in large.issues()] == [500] * 20

    def work(store: Store) -> list[int]:
        rows = (listing.issues, listing.errors)
        return [calls(lambda row=row: listing.page(row(store, Filters()))) for row in rows]  # type: ignore[misc]

    # Collections of garbage call a function now and then.
    assert work(large) == pytest.approx(work(small), rel=0.02)
