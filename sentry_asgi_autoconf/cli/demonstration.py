"""Serve the example app with an inbox, send it requests, and tell what arrives and where to look."""

from __future__ import annotations

import contextlib
import queue
import time
from typing import Any, Dict

from rich.console import Console

from sentry_asgi_autoconf.cli.example_server import ExampleServer
from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from sentry_asgi_autoconf.inbox.terminal import Printer

PATHS = ("/", "/orders/7", "/orders/7/invoice", "/orders/8/invoice")
ARRIVAL_SECONDS = 15.0

Item = Dict[str, Any]


def demonstrate(*, port: int, once: bool) -> int:
    """Tell the story on stdout; give 0 if an error and its transaction arrived, else 1.

    Stays until Ctrl-C unless `once`. Raises ExampleServerError.
    """
    printer = _RememberingPrinter(Console(soft_wrap=True, highlight=False))
    with BackgroundInbox(printer=printer) as inbox:
        settings = {
            "SENTRY_DSN": inbox.dsn(),
            "SENTRY_ENVIRONMENT": "demo",
            "SENTRY_RELEASE": "demo@1.0",
            "SENTRY_TRACES_SAMPLE_RATE": "1.0",
        }
        with ExampleServer(settings, port) as server:
            missing = _show(printer, inbox.url, server)
            if not once:
                _stay(printer, inbox.url, server)
    return 1 if missing else 0


class _RememberingPrinter(Printer):
    """Hand on each item once it has been printed, so that what is told about it comes after."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._console = console
        self._printed: queue.Queue[Item] = queue.Queue()

    def show(self, item: Item) -> None:
        """Print one item."""
        super().show(item)
        self._printed.put(item)

    def tell(self, text: str, style: str | None = None) -> None:
        """Print a text of the demo's own, as it is: paths and values may hold what rich takes for markup."""
        self._console.print(text, style=style, markup=False)

    def printed(self) -> list[Item]:
        """Wait until nothing that the demo shows is missing, or it takes too long; give what was printed."""
        items: list[Item] = []
        deadline = time.monotonic() + ARRIVAL_SECONDS
        with contextlib.suppress(queue.Empty):
            while _missing(items):
                items.append(self._printed.get(timeout=max(0.0, deadline - time.monotonic())))
        return items


def _show(printer: _RememberingPrinter, inbox_url: str, server: ExampleServer) -> list[str]:
    printer.tell(f"\nAn app that knows nothing of Sentry: {server.directory / 'main.py'}")
    printer.tell("Served with Sentry, by hand:\n")
    printer.tell(_indented(server.command()), style="cyan")
    server.wait_until_serving()

    printer.tell(f"\nRequested of {server.url}, and received by the inbox at {inbox_url}:\n")
    for path in PATHS:
        printer.tell(f"  GET {path} answered {server.get(path)}")
    items = printer.printed()

    missing = _missing(items)
    if missing:
        printer.tell(f"\nMissing after {ARRIVAL_SECONDS:.0f} s: {' and '.join(missing)}.", style="red")
        printer.tell(f"The server's output:\n{_indented(server.output())}")
    else:
        printer.tell("\nArrived, without a line of code in the app. Look at\n", style="green")
        printer.tell(_indented(_where_to_look(items, inbox_url)))
    return missing


def _stay(printer: _RememberingPrinter, inbox_url: str, server: ExampleServer) -> None:
    again = f"{server.url}{PATHS[-1]}"
    printer.tell(f"\nAll that arrives: {inbox_url}/  Make it fail again: {again}  Ctrl-C ends both.\n")
    with contextlib.suppress(KeyboardInterrupt):
        server.wait()


def _missing(items: list[Item]) -> list[str]:
    if _error(items) is None:
        return ["an error event", "its transaction"]
    return [] if _transaction(items) else ["the error's transaction"]


def _error(items: list[Item]) -> Item | None:
    events = [item for item in items if item["type"] == "event"]
    return next((event for event in events if event["payload"].get("exception")), None)


def _transaction(items: list[Item]) -> Item | None:
    error = _error(items)
    transactions = [item for item in items if item["type"] == "transaction"]
    return next((item for item in transactions if error and _trace_id(item) == _trace_id(error)), None)


def _trace_id(item: Item) -> Any:
    return item["payload"]["contexts"]["trace"]["trace_id"]


def _where_to_look(items: list[Item], url: str) -> str:
    error, transaction = _error(items), _transaction(items)
    assert error and transaction  # only asked for when both arrived
    exception = error["payload"]["exception"]["values"][-1]
    return "\n".join(
        [
            f"{url}/errors/{error['id']}  {exception['type']}: {exception['value']}",
            f"{url}/transactions/{transaction['id']}  {transaction['payload']['transaction']}",
        ]
    )


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
