"""Find what a request of a case has sent, by what the request asked for."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import urlsplit

from tests.harness.envelopes import Project
from tests.harness.served import Served
from tests.harness.server import until


def path_of(payload: Any) -> str:
    """Return path and query of the request that an event or transaction is of, empty if it names none."""
    request = payload.get("request", {})
    path = urlsplit(request.get("url", "")).path
    return f"{path}?{request['query_string']}" if request.get("query_string") else path


def all_of(served: Served, project: Project, transactions: int) -> tuple[list[Any], list[Any]]:
    """End the server, which sends what is left, and return all events and transactions, oldest first.

    Not before there are `transactions`, if they come within some seconds: an app may still be at work when its client
    has the response.
    """
    with contextlib.suppress(AssertionError):
        until(lambda: len(project.items("transaction")) >= transactions, "transactions", 10)
    served.server.stop()
    events, sent = ([item["payload"] for item in project.items(type_)] for type_ in ("event", "transaction"))
    return events, sent


def by_path(payloads: list[Any]) -> dict[str, Any]:
    """Return events or transactions, each of which is the only one of its path, by path."""
    paths = [path_of(payload) for payload in payloads]
    assert len(paths) == len(set(paths)), f"several of one request: {paths}"
    return dict(zip(paths, payloads, strict=True))


def name_of(payload: Any) -> tuple[str, str]:
    """Return the name of an event's or transaction's transaction, and where it is from.

    For an app of no framework the SDK's middleware names the whole URL, of which the path is returned.
    """
    name, source = payload.get("transaction", ""), payload.get("transaction_info", {}).get("source")
    return (urlsplit(name).path if source == "url" else name), source


def status_of(transaction: Any) -> str:
    """Return a transaction's status."""
    return str(transaction["contexts"]["trace"].get("status"))
