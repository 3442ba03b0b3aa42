"""The web pages show what arrived, whatever it holds."""

import re
from html import unescape
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.inbox.broken import ITEMS
from tests.inbox.payloads import (
    CLIENT_REPORT,
    ERROR,
    LOGS,
    METRICS,
    PROFILE,
    SESSIONS,
    STREAMED,
    TRACE,
    TRANSACTION,
    hostile,
)
from tests.inbox.sending import CLIENT, page, send


def test_an_empty_inbox_tells_how_to_fill_it(inbox: BackgroundInbox) -> None:
    html = page(inbox, "/")
    assert f"SENTRY_DSN={inbox.dsn()}" in html


def test_the_overview_lists_newest_first_with_counts(inbox: BackgroundInbox) -> None:
    send(inbox, "event", {**ERROR, "message": None})
    send(inbox, "event", {"message": "second thing", "environment": "production"}, project="7")
    send(inbox, "transaction", TRANSACTION)
    send(inbox, "log", LOGS)
    send(inbox, "client_report", {})
    html = page(inbox, "/")
    for shown in ("OrderError: no such order", "shop/orders.py:42 in price", "POST /orders/7", "shop@1.2"):
        assert shown in html
    for shown in ("/orders/{order}", "200 ms", "2 spans", "stock is low", "production"):
        assert shown in html
    assert html.index("second thing") < html.index("OrderError")
    assert re.findall(r">(\w+) <span class=\"count(?: bad)?\">(\d+)</span></a>", html) == [
        *(("Issues", "2"), ("Transactions", "1"), ("Logs", "1"), ("Reports", "1")),
    ]
    assert "second thing" not in page(inbox, "/?project=1")


def test_one_error_many_times_is_one_issue_with_its_newest_event(inbox: BackgroundInbox) -> None:
    for number in range(3):
        send(inbox, "event", {**ERROR, "user": {"id": f"user {number}"}})
    html = page(inbox, "/")
    [address] = re.findall(r'href="(/issues/\w+)"', html)
    assert "<b>3×</b>" in html
    assert "user 2" in page(inbox, address)
    assert CLIENT.get(f"{inbox.url}/issues/none").status_code == 404


def test_an_error_page_shows_everything_about_the_error(inbox: BackgroundInbox) -> None:
    transaction = send(inbox, "transaction", TRANSACTION)
    send(inbox, "log", LOGS)
    html = unescape(page(inbox, f"/errors/{send(inbox, 'event', ERROR)}"))
    for shown in (
        "OrderError: no such order", "/orders/{order}", "unhandled", "raised from", "KeyError",
        "shop/orders.py:42", "local_of_price", "its value",
        "http://shop.example/orders/7", "gift=yes", "x-shop", "berlin", "tier", "gold", "u42",
        "asgi_server", "uvicorn.config", "SELECT crumb", "rows", "shop@1.2", "staging",
        "new-prices", "stock is low", '"query_string": "gift=yes"',
        f'href="/transactions/{transaction}"', f'href="/traces/{TRACE}"',
    ):  # fmt: skip
        assert shown in html
    assert html.index("OrderError</span>") < html.index("KeyError</span>")


def test_the_failing_line_is_marked_among_numbered_source_lines(inbox: BackgroundInbox) -> None:
    html = page(inbox, f"/errors/{send(inbox, 'event', ERROR)}")
    plain = re.sub(r"</?span[^>]*>", "", html)
    rows = re.findall(
        r'<tr( class="failing")?><td class="number">(\d+)</td><td class="code">(.*?)</td>', plain
    )
    assert rows[:3] == [
        ("", "41", "before price"),
        (' class="failing"', "42", "    price_fails()"),
        ("", "43", "after price"),
    ]


def test_own_frames_are_open_and_library_frames_folded(inbox: BackgroundInbox) -> None:
    html = page(inbox, f"/errors/{send(inbox, 'event', ERROR)}")
    assert re.findall(r'<details class="frame (\w+)"( open)?>', html) == [
        ("own", " open"), ("library", ""), ("library", ""), ("library", ""),
    ]  # fmt: skip
    assert re.search(r'<details class="run"><summary>3 library frames <span class="packages">library<', html)


def test_a_message_without_an_exception_has_a_page(inbox: BackgroundInbox) -> None:
    html = page(inbox, f"/errors/{send(inbox, 'event', {'logentry': {'formatted': 'disk is full'}})}")
    assert "<h1>disk is full</h1>" in html


def test_a_transaction_page_nests_and_places_its_spans(inbox: BackgroundInbox) -> None:
    error = send(inbox, "event", ERROR)
    html = unescape(page(inbox, f"/transactions/{send(inbox, 'transaction', TRANSACTION)}"))
    rows = re.findall(
        r'<svg width="(\d+)" .*?<span class="label">(.*?)</span>.*?x="([\d.]+)%" width="([\d.]+)%"',
        html,
        re.DOTALL,
    )
    assert [(int(indent) // 14, name, round(float(x)), round(float(w))) for indent, name, x, w in rows] == [
        (0, "/orders/{order}", 0, 100),
        (1, "load order", 25, 75),
        (2, "SELECT 1", 50, 25),
    ]
    for shown in ("http.server", "internal_error", "200 ms", "sqlite", "POST /orders/7", "OrderError"):
        assert shown in html
    assert f'href="/errors/{error}"' in html


def test_streamed_spans_are_listed_and_shown_as_a_trace(inbox: BackgroundInbox) -> None:
    send(inbox, "span", STREAMED)
    assert "GET /stock" in page(inbox, "/")
    assert 'href="/traces/streamed%2F1"' in page(inbox, "/")
    html = page(inbox, "/traces/streamed%2F1")
    assert html.index("GET /stock</span>") < html.index("query the stock</span>")
    assert "400 ms" in html


def test_a_trace_page_joins_transactions_errors_and_logs(inbox: BackgroundInbox) -> None:
    for kind, payload in (("event", ERROR), ("transaction", TRANSACTION), ("log", LOGS)):
        send(inbox, kind, payload)
    html = page(inbox, f"/traces/{TRACE}")
    for shown in ("OrderError", "load order", "stock is low", "tea"):
        assert shown in html


@pytest.mark.parametrize(
    "path",
    [
        *("/errors/99", "/transactions/99", "/traces/none", "/errors/1", "/traces/"),
        *(f"/{kind}/{'9' * 5000}" for kind in ("errors", "transactions", "traces")),
        *(
            "/inbox.js/..%2fserver.py",
            "/..%2f..%2fserver.py",
            "/static/inbox.js",
            "/traces/..%2f..%2finbox.js",
        ),
    ],
)
def test_what_is_not_there_is_404(inbox: BackgroundInbox, path: str) -> None:
    send(inbox, "log", LOGS)
    assert httpx.get(inbox.url + path).status_code == 404


def test_markup_in_any_place_is_only_text(inbox: BackgroundInbox) -> None:
    error = send(inbox, "event", hostile(ERROR), project="<script>")
    transaction = send(inbox, "transaction", hostile(TRANSACTION))
    profile = send(inbox, "profile", hostile(PROFILE))
    others = (("log", LOGS), ("span", STREAMED), ("sessions", SESSIONS), ("client_report", CLIENT_REPORT))
    for kind, payload in (*others, ("trace_metric", METRICS), ("<script>", {})):
        send(inbox, kind, hostile(payload))
    [(_, issue)] = inbox.store.issues()
    trace = httpx.URL(f"/traces/{hostile(TRACE)}").raw_path.decode()
    one = (
        f"/errors/{error}",
        f"/issues/{issue.group}",
        f"/transactions/{transaction}",
        f"/profiles/{profile}",
        trace,
    )
    for path in ("/", "/issues", "/errors", "/transactions", "/logs", "/profiles", "/reports", *one):
        html = page(inbox, path)
        assert {*re.findall(r"<script[^>]*>", html)} <= {
            '<script src="/inbox.js" defer>',
            '<script src="/flamegraph.js" defer>',
        }
        assert "<img" not in html
        assert "{{7*7}}" in html
        assert "alert(1)" in html
    assert "<img" not in page(inbox, "/?project=<script><img>&q=<img>&level=<img>")


def test_the_browser_is_told_to_load_and_run_nothing_of_others(inbox: BackgroundInbox) -> None:
    answer = httpx.get(inbox.url)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    sources = answer.text + httpx.get(f"{inbox.url}/inbox.css").text + httpx.get(f"{inbox.url}/inbox.js").text
    without_dsn = sources.replace(inbox.dsn(), "")
    assert "//" not in re.sub(r"^//.*|\s// .*", "", without_dsn, flags=re.MULTILINE)
    # The policy forbids them, so a page must not rely on them.
    assert " style=" not in answer.text


def test_what_others_have_written_comes_with_its_licence(inbox: BackgroundInbox) -> None:
    script, licence = page(inbox, "/flamegraph.js"), page(inbox, "/flamegraph.LICENSE")
    assert "their licences are in flamegraph.LICENSE" in script
    for package in ("d3-flame-graph 5.0.0", "d3-selection 3.0.1", "d3-ease", "internmap"):
        assert f"\n{package}" in licence
    for text in ("Apache License", "Robert Penner", "Permission to use, copy, modify"):
        assert text in licence


def test_no_page_fails_on_malformed_payloads() -> None:
    with BackgroundInbox() as inbox, httpx.Client(base_url=inbox.url) as client:

        @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
        @given(ITEMS)
        def show(sent: Any) -> None:
            kind, payload = sent
            inbox.store.clear()
            number = send(inbox, kind, payload)
            paths = {"event": [f"/errors/{number}"], "transaction": [f"/transactions/{number}"]}.get(kind, [])
            lists = ["/", "/issues", "/errors", "/transactions", "/logs", "/reports", "/?q=a&level=info"]
            for path in [*lists, "/traces/a", f"/api/inbox/items/{number}", *paths]:
                answer = client.get(path)
                assert answer.status_code == 200 or (path == "/traces/a" and answer.status_code == 404), path

        show()
