"""With tracing off no transaction is built, and errors and outgoing requests tell of the trace as by hand."""

from __future__ import annotations

import http.server
import threading
from typing import Any, Callable, Iterator

import pytest

from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import Server, uvicorn

TRACE = "771a43a4192642f0b136d5159a501700"
INCOMING = {
    "sentry-trace": f"{TRACE}-1234567890abcdef-1",
    "baggage": f"other=kept,sentry-trace_id={TRACE},sentry-sample_rate=0.5,sentry-sampled=true",
}
KINDS = ["caller_app", "fastcaller_app"]


class Service:
    """A service that keeps the headers of each request that it is sent."""

    def __init__(self) -> None:
        received: list[dict[str, str]] = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                received.append({name.lower(): value for name, value in self.headers.items()})
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Keep quiet."""

        self.received = received
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def service() -> Iterator[Service]:
    """Give a running service."""
    running = Service()
    thread = threading.Thread(target=running.server.serve_forever)
    thread.start()
    yield running
    running.server.shutdown()
    thread.join()
    running.server.server_close()


@pytest.fixture
def begin(start: Callable[..., Server], service: Service) -> Callable[..., Server]:
    """Start an app with tracing off, by the bootstrap or by hand."""

    def begin(module: str, project: Project, by_hand: bool) -> Server:
        environ = {
            "SERVICE": service.url,
            "SENTRY_DSN": project.dsn,
            "SENTRY_TRACES_SAMPLE_RATE": "",
            "APP": module,
            "ERRORS_ONLY": "1",
            "WITH_MIDDLEWARE": "1" if module == "caller_app" else "",
        }
        return start(
            uvicorn("by_hand:app" if by_hand else f"{module}:app"), environ, bootstrap=not by_hand
        ).ready()

    return begin


def provoked(server: Server, project: Project, count: int, headers: dict[str, str]) -> list[Any]:
    """Make the app fail `count` times, and give the events."""
    for _ in range(count):
        server.provoke("/boom", headers=headers)
    return project.wait("event", count)


@pytest.mark.parametrize("module", KINDS)
@pytest.mark.parametrize("headers", [{}, INCOMING], ids=["begun", "continued"])
def test_an_error_tells_of_the_trace_as_by_hand(
    module: str,
    headers: dict[str, str],
    begin: Callable[..., Server],
    service: Service,
    project: Project,
    new_project: Callable[[], Project],
) -> None:
    by_hand = new_project()
    (theirs,) = provoked(begin(module, by_hand, by_hand=True), by_hand, 1, headers)
    (ours,) = provoked(begin(module, project, by_hand=False), project, 1, headers)
    assert normalised(ours) == normalised(theirs)
    assert ours["contexts"]["trace"].keys() == theirs["contexts"]["trace"].keys()
    assert not project.items("transaction")

    to_service, to_service_by_us = service.received
    assert to_service_by_us.keys() == to_service.keys()
    trace, _, _ = to_service_by_us["sentry-trace"].partition("-")
    assert ours["contexts"]["trace"]["trace_id"] == trace
    assert f"sentry-trace_id={trace}" in to_service_by_us["baggage"]
    if headers:
        assert (trace, ours["contexts"]["trace"]["parent_span_id"]) == (TRACE, "1234567890abcdef")
        assert to_service_by_us["baggage"] == to_service["baggage"]


@pytest.mark.parametrize("module", KINDS)
def test_each_request_has_a_trace_of_its_own(
    module: str, begin: Callable[..., Server], project: Project
) -> None:
    events = provoked(begin(module, project, by_hand=False), project, 3, {})
    assert len({event["contexts"]["trace"]["trace_id"] for event in events}) == 3


@pytest.mark.parametrize("module", ["early_init_app", "late_init_app"])
def test_an_app_that_calls_init_itself_finds_a_span_in_each_request(
    module: str, begin: Callable[..., Server], project: Project
) -> None:
    server = begin(module, project, by_hand=False)
    assert server.get("/one").status_code == 200
    if module == "late_init_app":
        project.wait("transaction")
    server.stop()
    assert not project.items("event")
