"""A product that people run, and not only our own receiver, shows what an app under the bootstrap reports."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.cli.checking import check
from tests.conftest import Start
from tests.harness.browser import Watched, chromium
from tests.harness.bugsink import PASSWORD, USER, Bugsink, bugsink
from tests.harness.served import serve
from tests.harness.server import ROOT, until


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bugsink]:
    with bugsink(tmp_path_factory.mktemp("bugsink")) as running:
        yield running


def test_an_error_of_an_app_is_an_issue_on_a_page_of_bugsink(receiver: Bugsink, start: Start) -> None:
    settings = {"SENTRY_DSN": receiver.dsn, "SENTRY_RELEASE": "shop@1.2.3", "SENTRY_ENVIRONMENT": "staging"}
    served = serve(start, "uvicorn", "main:app", environ=settings, cwd=ROOT / "sitecustomize_example")
    with served.client() as client:
        answer = client.get("/orders/8/invoice?gift=yes", headers={"X-Shop": "berlin"})
        assert answer.status_code == 500
    [issue] = until(receiver.issues, "the issue in Bugsink")
    [event] = receiver.events(issue["id"])
    with chromium() as browser:
        page = Watched(browser).page
        page.goto(f"{receiver.url}/issues/issue/{issue['id']}/event/{event['id']}/")
        page.get_by_label("Username").or_(page.locator("input[name=username]")).first.fill(USER)
        page.locator("input[name=password]").fill(PASSWORD)
        page.get_by_role("button", name="Login").click()
        expect(page.locator("body")).to_contain_text("KeyError")
        for shown in ("'NO'", "main.py", "vat = total * VAT_RATES[country]", "country"):
            expect(page.locator("body")).to_contain_text(shown)
        page.goto(f"{receiver.url}/issues/issue/{issue['id']}/event/{event['id']}/details/")
        for shown in ("/orders/8/invoice", "gift=yes", "berlin", "shop@1.2.3", "staging", "GET"):
            expect(page.locator("body")).to_contain_text(shown)


def test_check_explains_that_it_takes_no_transactions(receiver: Bugsink) -> None:
    checked = check("--send", environ={"SENTRY_DSN": receiver.dsn, "SENTRY_TRACES_SAMPLE_RATE": "1"})
    assert (checked.status, checked.slugs("error")) == (0, []), checked.text
    assert checked.slugs("ok").count("delivered") == 1
    assert "takes no transactions for 86400 s" in checked.line("rate-limited")
