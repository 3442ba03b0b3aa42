"""Real SDK clients, in processes of their own, are understood."""

import io
import os
import subprocess
import sys
from pathlib import Path

from rich.console import Console

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from sentry_asgi_autoconf.inbox.terminal import Printer
from tests.inbox.sending import CLIENT, KEY, page

FAILING = """
import logging, os, sentry_sdk
sentry_sdk.init(
    os.environ["CLIENT_DSN"], traces_sample_rate=1.0, release="shop@1.2", environment="staging",
    enable_logs=True, auto_enabling_integrations=False, shutdown_timeout=10,
)
class OrderError(Exception): pass
def price(quantity):
    dsn = os.environ["CLIENT_DSN"]
    return 100 / quantity
with sentry_sdk.start_transaction(op="task", name="nightly"):
    sentry_sdk.add_breadcrumb(category="stock", message="looked up tea")
    sentry_sdk.set_context("asgi_server", {"name": "uvicorn"})
    sentry_sdk.set_tag("tier", "gold")
    logging.getLogger("shop").warning("stock is low")
    with sentry_sdk.start_span(op="function", name="outer"):
        with sentry_sdk.start_span(op="db", name="inner"):
            try:
                try:
                    price(0)
                except ZeroDivisionError as error:
                    raise OrderError("no price") from error
            except OrderError as error:
                sentry_sdk.capture_exception(error)
"""

STREAMING = """
import os, sentry_sdk
from sentry_sdk import traces
sentry_sdk.init(
    os.environ["CLIENT_DSN"], traces_sample_rate=1.0, trace_lifecycle="stream",
    auto_enabling_integrations=False, shutdown_timeout=10,
)
with traces.start_span(name="GET /stock"):
    with traces.start_span(name="query the stock"):
        pass
sentry_sdk.flush()
"""

PROFILING = """
import os, time, sentry_sdk
from sentry_sdk.feature_flags import add_feature_flag
sentry_sdk.init(
    os.environ["CLIENT_DSN"], traces_sample_rate=1.0, profiles_sample_rate=1.0,
    auto_enabling_integrations=False, shutdown_timeout=10,
)
def work():
    end = time.monotonic() + 0.3
    while time.monotonic() < end:
        sum(range(1000))
add_feature_flag("new-prices", True)
with sentry_sdk.start_transaction(op="task", name="nightly"):
    work()
    sentry_sdk.capture_message("done")
"""

SPOTLIGHT = """
import os, sentry_sdk
address = os.environ["CLIENT_DSN"].partition("@")[2].partition("/")[0]
sentry_sdk.init(spotlight=f"http://{address}/stream", auto_enabling_integrations=False, shutdown_timeout=10)
sentry_sdk.capture_message("by Spotlight's way")
"""

ATTACHING = """
import os, sentry_sdk
sentry_sdk.init(os.environ["CLIENT_DSN"], auto_enabling_integrations=False, shutdown_timeout=10)
sentry_sdk.get_isolation_scope().add_attachment(bytes=b"two\\nlines", filename="notes.txt")
sentry_sdk.capture_message("with an attachment")
"""


def run_client(script: str, inbox: BackgroundInbox, tmp_path: Path) -> None:
    main = tmp_path / "shop.py"
    main.write_text(script)
    dsn = inbox.dsn("3").replace("inbox@", KEY + "@")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SENTRY_")}
    environment.update(CLIENT_DSN=dsn)
    subprocess.run([sys.executable, str(main)], env=environment, check=True, timeout=60)


def test_a_client_with_errors_spans_and_logs(tmp_path: Path) -> None:
    output = io.StringIO()
    printer = Printer(Console(file=output, width=200))
    with BackgroundInbox(printer=printer) as inbox:
        run_client(FAILING, inbox, tmp_path)
        items = inbox.store.wait(
            lambda items: {"event", "transaction", "log"} <= {item["type"] for item in items}, timeout=20
        )
        by_type = {item["type"]: item for item in items}
        error = page(inbox, f"/errors/{by_type['event']['id']}")
        transaction = page(inbox, f"/transactions/{by_type['transaction']['id']}")
        overview = page(inbox, "/")
        everything = CLIENT.get(f"{inbox.url}/api/inbox/items").text

    for shown in ("OrderError", "ZeroDivisionError", "looked up tea", "asgi_server", "tier", "shop@1.2"):
        assert shown in error
    for shown in ("nightly", "outer", "inner", "OrderError: no price"):
        assert shown in transaction
    assert "stock is low" in overview
    # The address of the inbox itself is printed only where the printer knows it, here from the server.
    for shown in (
        "OrderError: no price",
        "shop.py:",
        "nightly",
        "2 spans",
        "stock is low",
        f"{inbox.url}/errors/",
    ):
        assert shown in output.getvalue()
    assert KEY not in error + transaction + overview + everything + output.getvalue() + repr(items)
    assert {item["project"] for item in items} == {"3"}


def test_a_client_that_streams_spans(inbox: BackgroundInbox, tmp_path: Path) -> None:
    run_client(STREAMING, inbox, tmp_path)
    inbox.store.wait(lambda items: any(item["type"] == "span" for item in items), timeout=20)
    [item] = inbox.store.items(types=("span",))
    assert "GET /stock" in page(inbox, "/")
    trace = page(inbox, f"/traces/{item['payload']['items'][0]['trace_id']}")
    assert trace.index('class="label">GET /stock') < trace.index('class="label">query the stock')


def test_a_client_that_attaches_a_file(inbox: BackgroundInbox, tmp_path: Path) -> None:
    run_client(ATTACHING, inbox, tmp_path)
    [attachment] = inbox.store.items(types=("attachment",))
    assert attachment["headers"]["filename"] == "notes.txt"
    assert attachment["payload"] == {"bytes": "dHdvCmxpbmVz"}


def test_a_client_that_profiles_and_sets_feature_flags(inbox: BackgroundInbox, tmp_path: Path) -> None:
    run_client(PROFILING, inbox, tmp_path)
    [profile] = inbox.store.items(types=("profile",))
    [transaction] = inbox.store.items(types=("transaction",))
    [event] = inbox.store.items(types=("event",))
    assert "work</th>" in page(inbox, f"/profiles/{profile['id']}").replace(
        ' <span class="chip own">in app</span>', ""
    )
    assert f'href="/profiles/{profile["id"]}"' in page(inbox, f"/transactions/{transaction['id']}")
    assert "nightly</strong>" in page(inbox, "/profiles")
    shown = page(inbox, f"/errors/{event['id']}")
    assert "Feature flags" in shown
    assert "new-prices" in shown


def test_a_client_that_sends_to_spotlight(inbox: BackgroundInbox, tmp_path: Path) -> None:
    run_client(SPOTLIGHT, inbox, tmp_path)
    inbox.store.wait(lambda items: any(item["type"] == "event" for item in items), timeout=20)
    assert "by Spotlight&#39;s way" in page(inbox, "/issues")
