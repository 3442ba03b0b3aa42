"""What there may be two of: clients of the SDK, headers of a request."""

from __future__ import annotations

from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

TRACE = "771a43a4192642f0b136d5159a501700"


@pytest.fixture
def begin(start: Start, new_project: Callable[[], Project]) -> Callable[..., tuple[Server, Project]]:
    """Serve an app of two clients, each with a rate of its own; only the app itself is wrapped, by its own code."""

    def begin(first: str, second: str) -> tuple[Server, Project]:
        other = new_project()
        rates = {"SENTRY_TRACES_SAMPLE_RATE": first, "SECOND_RATE": second, "SECOND_DSN": other.dsn}
        return start(uvicorn("two_clients:app"), {**rates, "SENTRY_ASGI_DISABLED_SERVERS": "uvicorn"}), other

    return begin


@pytest.mark.parametrize(("first", "second"), [("0", "1"), ("1", "0"), ("", "1")])
def test_each_request_is_sampled_by_the_rate_of_its_own_client(
    first: str, second: str, begin: Callable[..., tuple[Server, Project]], project: Project
) -> None:
    server, other = begin(first, second)
    for path in ("/first", "/second", "/first", "/second"):
        assert server.get(path).status_code == 200
    (other if second == "1" else project).wait("transaction", 2)
    server.stop()
    counts = [len(each.items("transaction")) for each in (project, other)]
    assert counts == [2 * (first == "1"), 2 * (second == "1")]


@pytest.mark.parametrize("rate", ["", "0", "1"])
def test_two_headers_of_one_name_are_one(rate: str, start: Start, project: Project) -> None:
    server = start(uvicorn("says_its_baggage:app"), {"SENTRY_TRACES_SAMPLE_RATE": rate})
    headers = [
        ("sentry-trace", f"{TRACE}-1234567890abcdef"),
        ("baggage", "other=kept"),
        ("baggage", f"sentry-trace_id={TRACE},sentry-environment=there"),
    ]
    assert "sentry-environment=there" in server.get("/", headers=headers).text
