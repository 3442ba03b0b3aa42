"""A trace that comes with W3C's traceparent goes on, by the rates of this process."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"
INVALID = [
    f"ff-{TRACE}-{SPAN}-01",
    f"00-{'0' * 32}-{SPAN}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"00-{TRACE}-{SPAN}",
    f"00-{TRACE.upper()}-{SPAN}-01",
    "nonsense",
]


def trace_of(item: dict[str, Any]) -> tuple[str, str | None]:
    """Return the ids of an event's trace, and of the span above it."""
    trace = item["contexts"]["trace"]
    return trace["trace_id"], trace.get("parent_span_id")


@pytest.mark.parametrize("app", ["raw3:app", "fastapi_app:app"])
def test_errors_and_transactions_are_in_the_caller_s_trace(app: str, start: Start, project: Project) -> None:
    server = start(uvicorn(app)).ready()
    server.provoke("/boom", headers={"traceparent": PARENT})
    server.stop()
    for kind in ("event", "transaction"):
        (item,) = project.items(kind)
        assert trace_of(item["payload"])[0] == TRACE
    transaction = project.items("transaction")[0]
    assert trace_of(transaction["payload"]) == (TRACE, SPAN)
    # It is sampled here, so what is told of the trace is told by this process.
    assert transaction["envelope"]["trace"]["trace_id"] == TRACE
    assert transaction["envelope"]["trace"]["sample_rate"] == "1.0"


def test_the_caller_s_decision_is_not_ours(start: Start, project: Project) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_TRACES_SAMPLE_RATE": "0"}).ready()
    server.provoke("/boom", headers={"traceparent": PARENT})
    server.stop()
    assert not project.items("transaction")
    assert trace_of(project.items("event")[0]["payload"])[0] == TRACE


def test_a_sampler_of_the_app_s_own_decides_too(start: Start, project: Project) -> None:
    environ = {"SENTRY_TRACES_SAMPLE_RATE": None, "SENTRY_TRACES_SAMPLER": "hooks:traces_sampler"}
    server = start(uvicorn("raw3:app"), environ).ready()
    server.get("/ok", headers={"traceparent": PARENT})
    server.stop()
    assert trace_of(project.items("transaction")[0]["payload"]) == (TRACE, SPAN)


def test_streamed_spans_are_in_it(start: Start, project: Project) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_TRACE_LIFECYCLE": "stream"}).ready()
    server.get("/ok", headers={"traceparent": PARENT})
    server.stop()
    (span,) = [span for item in project.items("span") for span in item["payload"]["items"]]
    assert (span["trace_id"], span["parent_span_id"]) == (TRACE, SPAN)


def test_sentry_s_own_header_goes_before_it_and_what_is_invalid_counts_for_nothing(
    start: Start, project: Project
) -> None:
    server = start(uvicorn("raw3:app")).ready()
    other = "1" * 32
    server.get("/ok", headers={"traceparent": PARENT, "sentry-trace": f"{other}-{'2' * 16}-1"})
    for header in INVALID:
        server.get("/ok", headers={"traceparent": header})
    server.stop()
    first, *further = [trace_of(item["payload"]) for item in project.items("transaction")]
    assert first == (other, "2" * 16)
    assert len(further) == len(INVALID)
    assert all(trace != TRACE and parent is None for trace, parent in further)


def test_it_can_be_switched_off(start: Start, project: Project) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_ASGI_TRACEPARENT": "false"}).ready()
    server.get("/ok", headers={"traceparent": PARENT})
    server.stop()
    trace, parent = trace_of(project.items("transaction")[0]["payload"])
    assert trace != TRACE and parent is None
