"""Each request has a scope of its own."""

from __future__ import annotations

import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Callable
from urllib.parse import urlsplit

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

REQUESTS = 20


def test_what_one_request_sets_never_shows_in_anothers_event(
    start: Callable[..., Server], project: Project
) -> None:
    server = start(uvicorn("tagged:app"), {"SENTRY_TRACES_SAMPLE_RATE": None})
    server.url  # noqa: B018 (waits until it listens)
    with ThreadPoolExecutor(REQUESTS) as pool:
        list(pool.map(server.provoke, [f"/{number}" for number in range(REQUESTS)]))
    events = project.wait("event", REQUESTS)
    seen = set()
    for event in events:
        name = event["exception"]["values"][-1]["value"]
        assert {key: value for key, value in event["tags"].items() if key.startswith("tag-")} == {
            f"tag-{name}": name
        }
        own = [
            crumb["message"] for crumb in event["breadcrumbs"]["values"] if crumb.get("message", "").isdigit()
        ]
        assert own == [name]
        assert event["request"]["url"].endswith(f"/{name}")
        seen.add(name)
    assert len(seen) == REQUESTS


@pytest.mark.parametrize("protocol", ["h11", "httptools"])
def test_pipelined_requests_are_requests_of_their_own(
    protocol: str, start: Callable[..., Server], project: Project
) -> None:
    server = start(uvicorn("--http", protocol, "pipelined:app")).ready()
    paths = [f"/{number}" for number in range(5)]
    requests = "".join(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n" for path in paths)
    with socket.create_connection(("127.0.0.1", urlsplit(server.url).port or 0)) as connection:
        connection.sendall(requests.encode())
        transactions = project.wait("transaction", len(paths))
    server.stop()
    own = [[name for name in item["tags"] if name.startswith("tag-")] for item in transactions]
    assert own == [[f"tag-{number}"] for number in range(len(paths))]
    assert len({item["contexts"]["trace"]["trace_id"] for item in transactions}) == len(paths)
