"""Excluded paths make no transaction, and paths may have rates of their own."""

from __future__ import annotations

import json
import random
from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.serving.path_sampling import PathSampler
from sentry_asgi_autoconf.serving.trace_budget import TraceBudget
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]
SAMPLED, UNSAMPLED = (f"{'a' * 32}-{'b' * 16}-{flag}" for flag in "10")


def names(project: Project) -> list[str]:
    """Return the paths of the transactions that arrived."""
    return [
        "/" + str(item["payload"]["request"]["url"]).split("/", 3)[3] for item in project.items("transaction")
    ]


def request(server: Server, *wanted: str | tuple[str, str, dict[str, str]]) -> None:
    """Send requests, then end the server, so that all that is ever sent has arrived."""
    server.ready()
    for path in wanted:
        method, path, headers = ("GET", path, {}) if isinstance(path, str) else path
        server.request(method, path, headers=headers)
    server.stop()


@pytest.mark.parametrize("app", ["raw3:app", "fastapi_app:app", "sanic_app:app"])
def test_an_excluded_path_makes_no_transaction_and_its_errors_are_reported(
    app: str, start: Start, project: Project
) -> None:
    server = start(uvicorn(app), {"SENTRY_ASGI_EXCLUDED_PATHS": "/items/*,/boom"})
    request(server, "/ok", "/items/42", ("GET", "/items/43", {"sentry-trace": SAMPLED}), "/boom")
    assert names(project) == ["/ok"]
    assert len(project.items("event")) == 1


def test_an_exclusion_does_not_switch_tracing_on(start: Start, project: Project) -> None:
    environ = {"SENTRY_ASGI_EXCLUDED_PATHS": "/health", "SENTRY_TRACES_SAMPLE_RATE": None}
    request(start(uvicorn("raw3:app"), environ), "/ok", "/health")
    assert names(project) == []


@pytest.mark.parametrize(
    ("path", "sampled", "share"),
    [("/", True, 0.1), ("/busy", True, 0.5), ("/", False, 0.0), ("/health", True, 0.0)],
)
def test_of_the_traces_that_callers_sample_no_more_than_the_ceiling_goes_on(
    path: str, sampled: bool, share: float
) -> None:
    sampler = PathSampler(None, 1.0, ["/health"], {"/busy": 0.5}, ceiling_over_callers=0.1)
    context = {"asgi_scope": {"path": path, "method": "GET"}, "parent_sampled": sampled}
    random.seed(12)
    assert sum(sampler(context) for _ in range(4000)) / 4000 == pytest.approx(share, abs=0.03)


class NotingBudget(TraceBudget):
    """A budget that notes what it is asked for."""

    def rate(self, name: str, wanted: float, now: float) -> float:
        """Note the route, and return what is left for it."""
        self.asked = name
        return super().rate(name, wanted, now)


@pytest.mark.parametrize(
    ("context", "route"),
    [
        ({"asgi_scope": {"path": "/a", "method": "GET"}}, "GET /a"),
        ({"asgi_scope": {"path": "/ws"}, "transaction_context": {"op": "websocket.server"}}, "WEBSOCKET /ws"),
        ({"asgi_scope": {"path": "/a"}, "transaction_context": {"op": "queue", "name": "job"}}, "queue job"),
        ({"transaction_context": {"op": "http.server", "name": "/mounted"}}, "http.server /mounted"),
    ],
)
def test_a_budget_is_shared_by_routes_and_by_what_else_makes_transactions(
    context: dict[str, Any], route: str
) -> None:
    budget = NotingBudget(10.0)
    PathSampler(None, 1.0, [], {}, None, budget=budget)(context)
    assert budget.asked == route


RATES: dict[str, Any] = {"GET /never": 0, "POST /items/*": 1, "/items/*": 0}


def test_rates_go_by_method_and_path_and_the_general_rate_holds_otherwise(
    start: Start, project: Project
) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_ASGI_TRACES_SAMPLE_RATES": json.dumps(RATES)})
    request(server, "/never", ("POST", "/never", {}), "/items/1", ("POST", "/items/2", {}), "/ok")
    assert names(project) == ["/never", "/items/2", "/ok"]


def test_without_a_general_rate_other_paths_are_not_traced(start: Start, project: Project) -> None:
    environ = {"SENTRY_ASGI_TRACES_SAMPLE_RATES": '{"/items/*": 1}', "SENTRY_TRACES_SAMPLE_RATE": None}
    request(start(uvicorn("raw3:app"), environ), "/ok", "/items/1")
    assert names(project) == ["/items/1"]


def test_the_decision_of_the_trace_that_a_request_continues_is_respected(
    start: Start, project: Project
) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_ASGI_TRACES_SAMPLE_RATES": json.dumps(RATES)})
    request(
        server,
        ("GET", "/never", {"sentry-trace": SAMPLED}),
        ("POST", "/items/1", {"sentry-trace": UNSAMPLED}),
        ("GET", "/ok", {"sentry-trace": UNSAMPLED}),
    )
    assert names(project) == ["/never"]
    (transaction,) = project.wait("transaction")
    assert transaction["contexts"]["trace"]["trace_id"] == "a" * 32


def test_a_sampler_of_ones_own_decides_where_no_rate_does(start: Start, project: Project) -> None:
    environ = {
        "SENTRY_ASGI_EXCLUDED_PATHS": "/health",
        "SENTRY_TRACES_SAMPLER": "hooks:traces_sampler",
        "SENTRY_TRACES_SAMPLE_RATE": None,
    }
    request(start(uvicorn("raw3:app"), environ), "/ok", "/health", "/unwanted")
    assert names(project) == ["/ok"]


def test_a_task_that_outlives_an_excluded_request_is_sampled_as_ever(start: Start, project: Project) -> None:
    server = start(uvicorn("background:app"), {"SENTRY_ASGI_EXCLUDED_PATHS": "/start"}).ready()
    server.get("/start")
    (transaction,) = project.wait("transaction")
    assert transaction["transaction"] == "background work"


def test_streamed_spans_are_sampled_by_path_too(start: Start, project: Project) -> None:
    environ = {"SENTRY_ASGI_EXCLUDED_PATHS": "/health", "SENTRY_TRACE_LIFECYCLE": "stream"}
    request(start(uvicorn("raw3:app"), environ), "/ok", "/health")
    segments = [
        span["name"] for payload in project.wait("span") for span in payload["items"] if span["is_segment"]
    ]
    assert [name.rpartition("/")[2] for name in segments] == ["ok"]
