"""Serve one app, send it its requests at once, end it, and judge what arrived."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Iterator, Mapping

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from sentry_asgi_autoconf.inbox.store import Store
from tests.harness.envelopes import Project
from tests.harness.served import Served, command
from tests.harness.server import APPS as DIRECTORY
from tests.harness.server import Server, environment, free_port
from tests.isolation.apps import APPS
from tests.isolation.clients import Clients, marks
from tests.isolation.findings import findings

_SETTINGS = {
    "SENTRY_TRACES_SAMPLE_RATE": "1",
    "SENTRY_TRANSPORT_QUEUE_SIZE": "100000",
    "SENTRY_SHUTDOWN_TIMEOUT": "60",
}


@dataclass
class Outcome:
    """What one app's requests came to."""

    app: str
    server: str
    requests: int
    events: int
    transactions: int
    wrong: list[str]

    def __str__(self) -> str:
        return (
            f"{self.app} on {self.server}: {self.requests} requests, {self.events} events,"
            f" {self.transactions} transactions, {len(self.wrong)} findings"
        )

    def worst(self, most: int = 10) -> list[str]:
        """Return the findings, those of a kind together, with one example each."""
        kinds = Counter(_kind(text) for text in self.wrong)
        examples = {_kind(text): text for text in self.wrong}
        return [f"{count} like: {examples[kind]}" for kind, count in kinds.most_common(most)]


def _kind(text: str) -> str:
    return (
        "".join(letter for letter in text if not letter.isdigit())
        .replace("markx", "mark")
        .replace("marko", "mark")
    )


@contextmanager
def receiver() -> Iterator[BackgroundInbox]:
    """Run a receiver that keeps everything."""
    with BackgroundInbox(store=Store(max_items=1_000_000, max_bytes=4_000_000_000)) as inbox:
        yield inbox


def run(
    app: str,
    count: int,
    inbox: BackgroundInbox,
    *,
    server: str = "uvicorn",
    at_once: int = 64,
    seed: int = 1,
    environ: Mapping[str, str] | None = None,
) -> Outcome:
    """Send `count` requests to an app."""
    project = Project(inbox)
    variables = environment({**_SETTINGS, "SENTRY_DSN": project.dsn, **(environ or {})})

    def start(words: list[str]) -> Server:
        return Server(words, variables, DIRECTORY)

    port = free_port()
    served = Served(start, command(server, f"{app}:app", port), port)
    try:
        paths = Clients(int(port), APPS[app], at_once).send(marks(app, count, seed))
        served.server.stop()
    finally:
        served.server.kill()
        served.server.process.wait()
    events, transactions = _payloads(project, "event"), _payloads(project, "transaction")
    return Outcome(app, server, count, len(events), len(transactions), findings(paths, events, transactions))


def _payloads(project: Project, type_: str) -> list[Any]:
    return [item["payload"] for item in project.items(type_)]
