"""The web pages show what arrived, whatever it holds."""

import re
from html import unescape
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.inbox.broken import ITEMS
from tests.inbox.sending import page, send

TRACE = "0" * 31 + "1"


def frame(file: str, line: int, function: str, in_app: bool) -> dict[str, Any]:
    return {
        "filename": file,
        "lineno": line,
        "function": function,
        "module": file.partition("/")[0],
        "in_app": in_app,
        "pre_context": [f"before {function}"],
        "context_line": f"    {function}_fails()",
        "post_context": [f"after {function}"],
        "vars": {f"local_of_{function}": "its value"},
    }


ERROR = {
    "level": "fatal",
    "timestamp": "2026-01-02T03:04:05.678Z",
    "transaction": "/orders/{order}",
    "release": "shop@1.2",
    "environment": "staging",
    "exception": {
        "values": [
            {"type": "KeyError", "value": "'sku'", "mechanism": {"source": "__cause__", "handled": True}},
            {
                "type": "OrderError",
                "value": "no such order",
                "mechanism": {"handled": False},
                "stacktrace": {
                    "frames": [
                        *(frame("library/a.py", number, f"step{number}", False) for number in range(3)),
                        frame("shop/orders.py", 42, "price", True),
                    ]
                },
            },
        ]
    },
    "request": {
        "method": "POST",
        "url": "http://shop.example/orders/7",
        "query_string": "gift=yes",
        "headers": {"x-shop": "berlin"},
    },
    "tags": [["tier", "gold"]],
    "user": {"id": "u42"},
    "contexts": {
        "asgi_server": {"name": "uvicorn", "adapter": "uvicorn.config"},
        "trace": {"trace_id": TRACE},
    },
    "breadcrumbs": {"values": [{"category": "db", "message": "SELECT crumb", "data": {"rows": 3}}]},
}
TRANSACTION = {
    "transaction": "/orders/{order}",
    "start_timestamp": 1000.0,
    "timestamp": 1000.2,
    "contexts": {
        "trace": {"trace_id": TRACE, "span_id": "root", "op": "http.server", "status": "internal_error"}
    },
    "request": {"method": "POST", "url": "http://shop.example/orders/7"},
    "spans": [
        {"span_id": "inner", "parent_span_id": "outer", "op": "db", "description": "SELECT 1",
         "start_timestamp": 1000.1, "timestamp": 1000.15, "data": {"db.system": "sqlite"}},
        {"span_id": "outer", "parent_span_id": "root", "op": "function", "description": "load order",
         "start_timestamp": 1000.05, "timestamp": 1000.2},
    ],
}  # fmt: skip
LOGS = {
    "items": [
        {"timestamp": 1.5, "level": "warn", "body": "stock is low", "trace_id": TRACE,
         "attributes": {"sku": {"value": "tea", "type": "string"},
                        "sentry.environment": {"value": "staging", "type": "string"}}},
    ]
}  # fmt: skip
STREAMED = {
    "version": 2,
    "items": [
        {"trace_id": "streamed/1", "span_id": "s2", "parent_span_id": "s1", "name": "query the stock",
         "start_timestamp": 5.1, "end_timestamp": 5.2, "status": "ok",
         "attributes": {"sentry.op": {"value": "db", "type": "string"}}},
        {"trace_id": "streamed/1", "span_id": "s1", "name": "GET /stock", "is_segment": True,
         "start_timestamp": 5.0, "end_timestamp": 5.4, "status": "error", "attributes": {}},
    ],
}  # fmt: skip


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
    for shown in ("/orders/{order}", "200 ms", "2 spans", "stock is low", "production", "1 client_report"):
        assert shown in html
    assert html.index("second thing") < html.index("OrderError")
    assert re.search(r"<b class=\"bad\">2</b> errors", html)
    assert "second thing" not in page(inbox, "/?project=1")


def test_an_error_page_shows_everything_about_the_error(inbox: BackgroundInbox) -> None:
    transaction = send(inbox, "transaction", TRANSACTION)
    html = unescape(page(inbox, f"/errors/{send(inbox, 'event', ERROR)}"))
    for shown in (
        "OrderError: no such order", "/orders/{order}", "unhandled", "raised from", "KeyError",
        "shop/orders.py:42", "local_of_price", "its value",
        "http://shop.example/orders/7", "gift=yes", "x-shop", "berlin", "tier", "gold", "u42",
        "asgi_server", "uvicorn.config", "SELECT crumb", "rows", "shop@1.2", "staging",
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


def hostile(value: object) -> object:
    """Put markup into every text and every name of a payload."""
    attack = "<script>alert(1)</script>\"'>&{{7*7}}<img src=x onerror=alert(1)>"
    if isinstance(value, dict):
        return {
            (key if key in KEPT_NAMES else key + attack): child if key in KEPT_VALUES else hostile(child)
            for key, child in value.items()
        }
    if isinstance(value, list):
        return [hostile(child) for child in value]
    return value + attack if isinstance(value, str) else value


KEPT_VALUES = {"timestamp", "span_id", "parent_span_id"}
KEPT_NAMES = {
    "exception",
    "values",
    "type",
    "value",
    "mechanism",
    "source",
    "stacktrace",
    "frames",
    "filename",
    "lineno",
    "function",
    "module",
    "vars",
    "pre_context",
    "context_line",
    "post_context",
    "in_app",
    "request",
    "method",
    "url",
    "headers",
    "query_string",
    "tags",
    "user",
    "contexts",
    "trace",
    "trace_id",
    "op",
    "status",
    "breadcrumbs",
    "category",
    "message",
    "data",
    "level",
    "transaction",
    "release",
    "environment",
    "spans",
    "span_id",
    "parent_span_id",
    "description",
    "start_timestamp",
    "timestamp",
    "items",
    "body",
    "attributes",
    "name",
    "end_timestamp",
    "is_segment",
}


def test_markup_in_any_place_is_only_text(inbox: BackgroundInbox) -> None:
    error = send(inbox, "event", hostile(ERROR), project="<script>")
    transaction = send(inbox, "transaction", hostile(TRANSACTION))
    send(inbox, "log", hostile(LOGS))
    send(inbox, "span", hostile(STREAMED))
    send(inbox, "<script>", {})
    trace = httpx.URL(f"/traces/{hostile(TRACE)}").raw_path.decode()
    for path in ("/", "/?project=<script>", f"/errors/{error}", f"/transactions/{transaction}", trace):
        html = page(inbox, path)
        assert re.findall(r"<script[^>]*>", html) == ['<script src="/inbox.js" defer>']
        assert "<img" not in html
        assert "{{7*7}}" in html or path.startswith("/?")
        assert "alert(1)" in html or path.startswith("/?")


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


def test_no_page_fails_on_malformed_payloads() -> None:
    with BackgroundInbox() as inbox, httpx.Client(base_url=inbox.url) as client:

        @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
        @given(ITEMS)
        def show(sent: Any) -> None:
            kind, payload = sent
            inbox.store.clear()
            number = send(inbox, kind, payload)
            paths = {"event": [f"/errors/{number}"], "transaction": [f"/transactions/{number}"]}.get(kind, [])
            for path in ["/", "/traces/a", f"/api/inbox/items/{number}", *paths]:
                answer = client.get(path)
                assert answer.status_code == 200 or (path == "/traces/a" and answer.status_code == 404), path

        show()
