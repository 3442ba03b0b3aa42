"""OpenTelemetry in the same process: its traces and Sentry's are linked, and what it exports reaches its collector."""

from __future__ import annotations

import json
import signal
import socket
from typing import Any, Callable, Iterator

import pytest

from tests.harness.collector import Collector, collector
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
CALLER = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
OTHER, OTHER_SPAN = "1" * 32, "2" * 16


@pytest.fixture
def receiver() -> Iterator[Collector]:
    with collector() as running:
        yield running


@pytest.fixture
def serve(start: Start, receiver: Collector) -> Callable[..., Server]:
    """Serve an app in OpenTelemetry's middleware, with Sentry's integration of its exporter and arguments of that."""

    def begin(arguments: dict[str, Any] | None = None, **environ: str | None) -> Server:
        options = {"otlp": {"collector_url": receiver.url, **(arguments or {})}}
        settings = {
            "SENTRY_INTEGRATIONS": "otlp",
            "SENTRY_INTEGRATION_OPTIONS": json.dumps(options),
            **environ,
        }
        return start(uvicorn("opentelemetry_app:app"), settings).ready()

    return begin


def trace_of(event: dict[str, Any]) -> dict[str, Any]:
    """Return an event's context of its trace."""
    context: dict[str, Any] = event["contexts"]["trace"]
    return context


def sent_on(server: Server) -> dict[str, str]:
    """Return the headers with which the app would call another service, without what differs by request."""
    headers: dict[str, str] = server.get("/sent-on", headers=CALLER).json()
    return {name: value.replace("00-", "", 1)[:32] for name, value in headers.items()}


def test_beside_it_both_traces_are_the_caller_s(start: Start, project: Project, receiver: Collector) -> None:
    environ = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": receiver.url}
    server = start(uvicorn("opentelemetry_app:app"), environ).ready()
    server.provoke(headers=CALLER)
    (event,), (transaction,) = project.wait("event"), project.wait("transaction")
    span = receiver.wait("GET /boom")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, SPAN)
    for item in (event, transaction):
        assert (trace_of(item)["trace_id"], trace_of(item)["parent_span_id"]) == (TRACE, SPAN)


@pytest.mark.parametrize("rate", [None, "1.0"])
def test_with_the_integration_they_are_too_and_a_shutdown_exports(
    rate: str | None, serve: Callable[..., Server], project: Project, receiver: Collector
) -> None:
    server = serve(SENTRY_TRACES_SAMPLE_RATE=rate)
    server.provoke(headers=CALLER)
    assert sent_on(server) == {"traceparent": TRACE, "sentry-trace": TRACE}
    server.stop()
    span = receiver.wait("GET /boom")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, SPAN)
    (event,) = project.items("event")
    # Without Sentry's own spans, an error is in the span of OpenTelemetry's.
    wanted = {"trace_id": TRACE, **({} if rate else {"span_id": span.span_id.hex()})}
    assert wanted.items() <= trace_of(event["payload"]).items()
    assert "sentry-asgi-autoconf" not in server.output


def test_sentry_s_own_header_goes_before_it(serve: Callable[..., Server], receiver: Collector) -> None:
    server = serve(SENTRY_TRACES_SAMPLE_RATE=None)
    server.provoke(headers={**CALLER, "sentry-trace": f"{OTHER}-{OTHER_SPAN}-1"})
    server.stop()
    span = receiver.wait("GET /boom")
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == (OTHER, OTHER_SPAN)


def test_what_is_switched_off_is_as_by_hand(serve: Callable[..., Server]) -> None:
    assert sent_on(serve(SENTRY_ASGI_TRACEPARENT="false")).keys() == {"sentry-trace"}
    assert sent_on(serve({"setup_propagator": False})).keys() == {"traceparent"}


def test_it_captures_exceptions_of_spans_if_an_argument_says_so(
    serve: Callable[..., Server], project: Project
) -> None:
    server = serve({"capture_exceptions": True}, SENTRY_TRACES_SAMPLE_RATE=None)
    server.provoke(headers=CALLER)
    server.stop()
    (event,) = project.items("event")
    assert event["payload"]["exception"]["values"][-1]["mechanism"]["type"] == "otlp"
    assert trace_of(event["payload"])["trace_id"] == TRACE


def test_an_exporter_that_a_setting_switches_off_exports_nothing(
    serve: Callable[..., Server], project: Project, receiver: Collector
) -> None:
    server = serve({"setup_otlp_traces_exporter": False})
    server.provoke(headers=CALLER)
    server.stop()
    assert len(project.items("event")) == 1
    assert receiver.spans == []


def test_a_collector_that_does_not_answer_keeps_no_shutdown_waiting(start: Start, project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1/traces"
        # Longer than anything may take here.
        environ = {"SENTRY_INTEGRATIONS": "otlp", "OTEL_EXPORTER_OTLP_TIMEOUT": "600"}
        options = {"SENTRY_INTEGRATION_OPTIONS": json.dumps({"otlp": {"collector_url": url}})}
        server = start(uvicorn("opentelemetry_app:app"), {**environ, **options}).ready()
        server.provoke()
        assert server.stop() == -signal.SIGTERM
    assert len(project.items("event")) == 1
