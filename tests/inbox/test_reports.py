"""Sessions, what SDKs dropped, metrics and whatever else arrived are told in one place."""

import re
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.inbox.broken import ANYTHING, odd
from tests.inbox.payloads import CLIENT_REPORT, METRICS, SESSIONS
from tests.inbox.sending import CLIENT, page, send


def cells(html: str, section: str) -> list[list[str]]:
    [body] = re.findall(rf'id="{section}".*?<tbody>(.*?)</tbody>', html, re.DOTALL)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in body.split("</tr>") if "<td" in row]


def test_sessions_are_summed_up_by_release_and_environment(inbox: BackgroundInbox) -> None:
    send(inbox, "sessions", SESSIONS)
    send(inbox, "sessions", SESSIONS)
    attributes = {"release": "shop@1.2", "environment": "staging"}
    send(inbox, "session", {"attrs": attributes, "status": "crashed"})
    send(inbox, "session", {"attrs": {"release": "shop@1.3"}, "status": "ok", "errors": 2})
    assert cells(page(inbox, "/reports"), "sessions") == [
        ["shop@1.2", "staging", "21", "14", "4", "0", "3"],
        ["shop@1.3", "none", "1", "0", "1", "0", "0"],
    ]


def test_what_was_dropped_is_summed_up_and_explained(inbox: BackgroundInbox) -> None:
    send(inbox, "client_report", CLIENT_REPORT)
    send(inbox, "client_report", CLIENT_REPORT)
    send(
        inbox, "client_report", {"discarded_events": [{"reason": "new", "category": "error", "quantity": 1}]}
    )
    assert cells(page(inbox, "/reports"), "discarded") == [
        ["sample_rate", "transaction", "24", "not sampled"],
        ["new", "error", "1", ""],
    ]


def test_metrics_and_what_nobody_knows_are_told(inbox: BackgroundInbox) -> None:
    send(inbox, "trace_metric", METRICS)
    send(inbox, "something_new", {})
    send(inbox, "check_in", {})
    html = page(inbox, "/reports")
    assert cells(html, "metrics") == [["orders", "counter", "2", "3", "2", "order"]]
    for kind in ("something_new", "check_in"):
        assert f'<a href="/api/inbox/items?type={kind}">1 {kind}</a>' in html


def test_reports_are_searched_and_filtered(inbox: BackgroundInbox) -> None:
    send(inbox, "sessions", SESSIONS)
    send(inbox, "trace_metric", METRICS)
    send(inbox, "something_new", {}, project="2")
    for query, found in (
        ("q=orders", "metrics"),
        ("release=shop@1.2", "sessions"),
        ("q=SOMETHING_new", "others"),
    ):
        assert re.findall(r'class="card" id="(\w+)"', page(inbox, f"/reports?{query}")) == [found]
    assert "No items match" in page(inbox, "/reports?q=nowhere")


COUNTS = st.one_of(st.integers(-3, 3), ANYTHING)
REPORTS = {
    "sessions": odd(
        attrs=odd(release=st.text(max_size=3)),
        aggregates=st.lists(odd(exited=COUNTS, crashed=COUNTS), max_size=2),
    ),
    "session": odd(attrs=ANYTHING, status=st.sampled_from(["ok", "crashed"]), errors=COUNTS),
    "client_report": odd(
        discarded_events=st.lists(odd(reason=st.text(max_size=3), quantity=COUNTS), max_size=2)
    ),
    "trace_metric": odd(
        items=st.lists(odd(name=st.text(max_size=3), value=COUNTS, attributes=ANYTHING), max_size=2)
    ),
}
ITEMS = st.one_of([st.tuples(st.just(kind), payload) for kind, payload in REPORTS.items()])


def test_no_report_fails_on_a_malformed_payload() -> None:
    with BackgroundInbox() as inbox:

        @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], database=None)
        @given(ITEMS)
        def show(sent: Any) -> None:
            inbox.store.clear()
            send(inbox, *sent)
            for path in ("/", "/reports"):
                assert CLIENT.get(inbox.url + path).status_code == 200

        show()
