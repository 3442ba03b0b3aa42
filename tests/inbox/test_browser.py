"""The pages work in a browser: for eyes, keyboard and screen readers, wide and narrow, and whatever is sent."""

from __future__ import annotations

import http.server
import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.harness.browser import NARROW, WIDE, Watched, chromium
from tests.harness.http_service import running
from tests.harness.server import until
from tests.inbox.payloads import (
    CHUNK,
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
from tests.inbox.sending import envelope, item, send

CALLED = {
    "transaction": "/stock/{sku}",
    "start_timestamp": 1000.06,
    "timestamp": 1000.12,
    "release": "stock@3.1",
    "server_name": "stock-1",
    "contexts": {
        "trace": {"trace_id": TRACE, "span_id": "called", "parent_span_id": "outer", "op": "http.server"}
    },
    "spans": [],
}
ALL: tuple[tuple[str, Any], ...] = (
    *(
        ("event", ERROR),
        ("event", ERROR),
        ("event", {"logentry": {"message": "disk is full"}, "level": "warning"}),
    ),
    *(("transaction", TRANSACTION), ("transaction", CALLED), ("span", STREAMED), ("log", LOGS)),
    *(
        ("profile", PROFILE),
        ("profile_chunk", CHUNK),
        ("sessions", SESSIONS),
        ("client_report", CLIENT_REPORT),
    ),
    *(("trace_metric", METRICS), ("something_new", {})),
)


def fill(inbox: BackgroundInbox, *sent: tuple[str, Any]) -> dict[str, int]:
    """Send all of it, and return the last id of each kind."""
    return {kind: send(inbox, kind, payload) for kind, payload in sent}


def paths(ids: dict[str, int], trace: str) -> list[str]:
    """Return the addresses of all pages."""
    one = [f"/errors/{ids['event']}", f"/transactions/{ids['transaction']}", f"/profiles/{ids['profile']}"]
    lists = [
        "/",
        "/issues",
        "/errors",
        "/transactions",
        "/logs",
        "/profiles",
        "/reports",
        "/logs?q=nowhere",
        "/errors/99",
    ]
    return [*lists, *one, f"/traces/{trace}"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def watched(browser: Browser) -> Iterator[Watched]:
    one = Watched(browser)
    yield one
    one.close()


@pytest.fixture
def page(watched: Watched, inbox: BackgroundInbox) -> Iterator[Page]:
    yield watched.page
    assert watched.complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_each_page_can_be_used_by_everybody(
    browser: Browser, inbox: BackgroundInbox, width: int, scheme: str
) -> None:
    empty, ids = ["/", "/logs"], fill(inbox, *ALL)
    watched = Watched(browser, width=width, scheme=scheme)
    with BackgroundInbox() as unfilled:
        for url in [
            *(unfilled.url + path for path in empty),
            *(inbox.url + path for path in paths(ids, TRACE)),
        ]:
            watched.page.goto(url)
            if "/profiles/" in url:
                watched.page.wait_for_selector("#flame rect")
            found = (watched.violations(), watched.is_too_wide())
            assert found == ([], False), url
        # What is folded is there, too.
        watched.page.goto(f"{inbox.url}/traces/{TRACE}")
        watched.page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        watched.page.evaluate("document.getElementById('keys').showModal()")
        assert (watched.violations(), watched.is_too_wide()) == ([], False)
    watched.close()
    assert [each for each in watched.complaints if "404" not in each] == []


def test_the_overview_follows_what_arrives_and_leads_to_it(page: Page, inbox: BackgroundInbox) -> None:
    page.goto(inbox.url)
    expect(page.get_by_role("heading", name="Nothing has arrived yet")).to_be_visible()
    send(inbox, "event", ERROR)
    row = page.get_by_role("link", name="OrderError: no such order")
    expect(row).to_contain_text("1×")
    row.focus()
    send(inbox, "event", ERROR)
    expect(row).to_contain_text("2×")
    expect(row).to_be_focused()  # who goes through it by keyboard stays where they are
    expect(page.get_by_label("Kinds").get_by_role("link", name="Issues 1")).to_be_visible()
    row.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("OrderError: no such order")


def test_an_issue_shows_its_events_with_all_that_is_known_of_each(page: Page, inbox: BackgroundInbox) -> None:
    ids = [send(inbox, "event", {**ERROR, "user": {"id": f"user {number}"}}) for number in range(3)]
    send(inbox, "event", {"message": "another"})
    page.goto(f"{inbox.url}/issues")
    page.get_by_role("link", name="OrderError: no such order").click()
    expect(page.get_by_label("Issue", exact=True)).to_contain_text("3× events of this issue")
    expect(page.get_by_role("cell", name="user 2")).to_be_visible()
    page.get_by_role("link", name="Older").click()
    expect(page).to_have_url(f"{inbox.url}/errors/{ids[1]}")
    expect(page.get_by_role("cell", name="user 1")).to_be_visible()
    failing = page.locator(".failing .code").filter(visible=True)
    expect(failing).to_have_text(["    price_fails()"])
    page.get_by_text("3 library frames").click()
    page.get_by_text("library/a.py:1").click()
    expect(failing).to_have_text(["    price_fails()", "    step1_fails()"])
    page.locator(".frame[open]", has_text="library/a.py:1").get_by_text("Locals").click()
    expect(page.get_by_role("rowheader", name="local_of_step1")).to_be_visible()
    page.get_by_text("Raw event").click()
    expect(page.locator(".raw pre")).to_contain_text('"transaction": "/orders/{order}"')
    page.get_by_role("link", name="All 3 kept").click()
    expect(page.locator("a.row")).to_have_count(3)


def lane_of(page: Page, name: str) -> tuple[float, float]:
    """Return where a span begins and ends in its lane, in per cent, as it is drawn."""
    row = page.locator("summary.span-row", has_text=name)
    lane, bar = row.locator("svg.lane").bounding_box(), row.locator("svg.lane rect").bounding_box()
    assert lane and bar
    return (bar["x"] - lane["x"]) * 100 / lane["width"], bar["width"] * 100 / lane["width"]


def test_a_transaction_is_drawn_to_scale(page: Page, inbox: BackgroundInbox) -> None:
    send(inbox, "event", ERROR)
    page.goto(f"{inbox.url}/transactions/{send(inbox, 'transaction', TRANSACTION)}")
    for name, expected in {"/orders/{order}": (0, 100), "load order": (25, 75), "SELECT 1": (50, 25)}.items():
        assert lane_of(page, name) == pytest.approx(expected, abs=1), name
    page.get_by_text("SELECT 1").first.click()
    expect(page.get_by_role("cell", name="sqlite")).to_be_visible()
    page.get_by_role("link", name="OrderError: no such order").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("OrderError: no such order")


def test_a_trace_over_services_is_one_picture_with_its_errors_and_logs(
    page: Page, inbox: BackgroundInbox
) -> None:
    in_span = {**ERROR, "timestamp": 1000.15, "contexts": {"trace": {"trace_id": TRACE, "span_id": "inner"}}}
    fill(inbox, ("transaction", TRANSACTION), ("transaction", CALLED), ("event", in_span), ("log", LOGS))
    page.goto(f"{inbox.url}/traces/{TRACE}")
    expect(page.get_by_label("Services").get_by_role("listitem")).to_have_text(
        ["project 1", "stock@3.1 · stock-1 · project 1"]
    )
    expect(page.locator(".span-name .label")).to_have_text(
        ["/orders/{order}", "load order", "/stock/{sku}", "SELECT 1"]
    )
    assert lane_of(page, "/stock/{sku}") == pytest.approx((30, 30), abs=1)
    marked = page.locator("summary.span-row", has_text="SELECT 1")
    expect(marked.locator(".mark.fatal")).to_have_count(1)
    marked.click()
    expect(page.locator(".marked").get_by_role("link", name="OrderError: no such order")).to_be_visible()
    expect(page.get_by_text("stock is low").last).to_be_visible()


def test_logs_are_searched_and_chosen_by_level(page: Page, inbox: BackgroundInbox) -> None:
    records = [{"body": f"line {number}", "level": ("info", "error")[number % 2]} for number in range(9)]
    send(inbox, "log", {"items": records})
    page.goto(f"{inbox.url}/logs")
    expect(page.locator(".body")).to_have_text([f"line {number}" for number in reversed(range(9))])
    page.get_by_label("Level").select_option("error")
    expect(page.locator(".body")).to_have_text([f"line {number}" for number in (7, 5, 3, 1)])
    expect(page).to_have_url(f"{inbox.url}/logs?level=error")
    page.get_by_role("searchbox").fill("line 5")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".body")).to_have_text(["line 5"])
    send(inbox, "log", {"items": [{"body": "another line 5", "level": "error"}]})
    expect(page.locator(".body")).to_have_text(["another line 5", "line 5"])
    page.get_by_role("link", name="Show all").click()
    expect(page.locator(".body")).to_have_count(10)


def test_a_profile_is_a_flame_graph_that_can_be_searched_and_zoomed(
    page: Page, inbox: BackgroundInbox
) -> None:
    page.goto(f"{inbox.url}/profiles/{send(inbox, 'profile', PROFILE)}")
    frames = page.locator("#flame g.frame")
    expect(frames).to_have_count(5)

    def width(selector: str) -> float:
        box = page.locator(selector).bounding_box()
        assert box
        return box["width"]

    whole, dumps = width("#flame"), "#flame g.frame[name='json.dumps'] rect"
    until(lambda: width(dumps) == pytest.approx(whole * 3 / 5, abs=2), "the graph")
    page.get_by_label("Highlight functions").fill("DUMPS")
    expect(page.locator("#flame rect[fill='var(--flame-found)']")).to_have_count(1)
    page.locator(dumps).click()
    until(lambda: width(dumps) == pytest.approx(whole, abs=2), "the zoom")
    page.get_by_role("button", name="Reset zoom").click()
    expect(page.get_by_role("row", name=re.compile("json.dumps"))).to_contain_text("60.0 %")


def test_clear_asks_and_forgets(page: Page, inbox: BackgroundInbox) -> None:
    fill(inbox, *ALL)
    page.goto(f"{inbox.url}/logs")
    clear = page.get_by_role("button", name="Clear inbox")
    page.once("dialog", lambda dialog: dialog.dismiss())
    clear.click()
    assert inbox.store.items()
    page.once("dialog", lambda dialog: dialog.accept())
    clear.click()
    expect(page.get_by_role("heading", name="Nothing has arrived yet")).to_be_visible()
    assert inbox.store.items() == []


def test_what_is_cleared_elsewhere_goes(page: Page, inbox: BackgroundInbox) -> None:
    send(inbox, "log", LOGS)
    page.goto(f"{inbox.url}/logs")
    expect(page.locator(".body")).to_have_count(1)
    inbox.store.clear()
    expect(page.get_by_role("heading", name="Nothing has arrived yet")).to_be_visible()


def test_the_keyboard_leads_everywhere(page: Page, inbox: BackgroundInbox) -> None:
    for kind in ("Earlier", "Later"):
        send(inbox, "event", {"exception": [{"type": kind}]})
    page.goto(f"{inbox.url}/issues")
    press = page.keyboard.press
    press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    press("j")
    expect(page.get_by_role("searchbox")).to_have_value("j")
    press("Escape")
    for key, focused in (("j", "Later"), ("j", "Earlier"), ("j", "Earlier"), ("k", "Later")):
        press(key)
        expect(page.get_by_role("link", name=focused)).to_be_focused()
    press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Later")
    page.wait_for_load_state()  # the script that takes keys is the last part of a page
    press("u")
    expect(page).to_have_url(f"{inbox.url}/issues")
    page.wait_for_load_state()
    press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


class Blank(http.server.BaseHTTPRequestHandler):
    """The page of an app that is developed, which reports to the inbox itself."""

    def do_GET(self) -> None:  # by the standard library
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


SEND = """async ([url, envelope]) => {
  const headers = { "X-Sentry-Auth": "Sentry sentry_key=inbox" };
  const answer = await fetch(url, { method: "POST", body: envelope, headers });
  return (await answer.json()).id;
}"""
READ = """(url) => new Promise((resolve) => {
  const source = new EventSource(url);
  source.addEventListener("application/x-sentry-envelope", ({ data }) => { source.close(); resolve(data); });
})"""


def test_a_page_of_another_port_sends_and_reads_the_stream(watched: Watched, inbox: BackgroundInbox) -> None:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Blank)
    with running(server):
        watched.page.goto(f"http://localhost:{server.server_port}/")
        body = envelope(item("event", {"message": "from a browser"}), event_id="a" * 32).decode()
        for path in ("/api/1/envelope/?sentry_version=7", "/stream"):
            assert watched.page.evaluate(SEND, [inbox.url + path, body]) == "a" * 32
        assert "from a browser" in watched.page.evaluate(READ, f"{inbox.url}/stream")
    assert [each["payload"]["message"] for each in inbox.store.items()] == ["from a browser"] * 2


LONG = "x" * 200_000


@pytest.mark.parametrize("width", [NARROW, WIDE])
def test_whatever_is_sent_does_nothing(browser: Browser, inbox: BackgroundInbox, width: int) -> None:
    attacks = [(kind, hostile(payload)) for kind, payload in ALL]
    long = {
        "exception": [{"type": LONG, "value": LONG}],
        "release": LONG,
        "request": {"url": LONG},
        "user": {LONG: LONG},
    }
    links = {
        "message": "javascript:alert(1)",
        "request": {"url": "javascript:alert(1)"},
        "release": "javascript:alert(1)",
    }
    for payload in (long, links):
        send(inbox, "event", payload)
    ids = fill(inbox, *attacks)
    trace = inbox.store.items(types=("log",))[-1]["payload"]["items"][0]["trace_id"]
    watched = Watched(browser, width=width)
    watched.forbid_dialogs()
    others = ["/errors/1", "/errors/2", '/?q=<script>alert(1)</script>&level="><img src=x onerror=alert(1)>']
    for path in [*paths(ids, trace), *others]:
        watched.page.goto(inbox.url + path)
        watched.page.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        assert watched.page.locator("img, iframe, object, embed, base, script:not([src])").count() == 0, path
        schemes = watched.page.eval_on_selector_all(
            "[href], [src]", "all => all.map(each => each.href ?? each.src)"
        )
        assert all(re.match(r"http://127\.0\.0\.1:|data:,$", str(address)) for address in schemes), path
        assert not watched.is_too_wide(), path
    watched.close()
    assert [each for each in watched.complaints if "404" not in each] == []
