"""A policy has a say in budgets as in any other number: defaults, limits, enforced values."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sentry_asgi_autoconf.activation.layers import load
from tests.activation.layering import arguments_of
from tests.cli.explained import settings
from tests.harness.envelopes import Project
from tests.harness.policies import Policy, Read
from tests.harness.server import Server, uvicorn
from tests.serving.test_trace_budget import Start

TRACES, EVENTS = "SENTRY_ASGI_TRACES_PER_SECOND", "SENTRY_ASGI_EVENTS_PER_MINUTE"
LIMITS: dict[str, dict[str, float]] = {
    "asgi_traces_per_second": {"min": 0.5, "max": 20},
    "asgi_events_per_minute": {"max": 30},
}


@pytest.mark.parametrize(
    ("environ", "traces", "events"),
    [
        ({}, 20, 30),
        ({TRACES: "10", EVENTS: "5"}, 10, 5),
        ({TRACES: "1000", EVENTS: "1000"}, 20, 30),
        ({TRACES: "0.1"}, 0.5, 30),
    ],
    ids=str,
)
def test_a_budget_is_held_within_its_limits(
    environ: dict[str, str], traces: float, events: int, read: Read
) -> None:
    own = read(environ, limits=LIMITS).own
    assert (own.traces_per_second, own.events_per_minute) == (traces, events)


def test_a_floor_sets_no_budget_where_there_is_none(read: Read) -> None:
    assert read(limits={"asgi_traces_per_second": {"min": 5}}).own.traces_per_second is None


def test_an_enforced_budget_has_no_limit_and_nobody_changes_it(read: Read) -> None:
    enforced = {"asgi_traces_per_second": 50, "asgi_events_per_minute": 60}
    own = read({TRACES: "1", EVENTS: "1"}, enforced=enforced, limits=LIMITS).own
    assert (own.traces_per_second, own.events_per_minute) == (50, 60)


def test_a_limit_does_not_switch_tracing_on(read: Read) -> None:
    assert "traces_sampler" not in arguments_of(read(limits=LIMITS)).own()
    traced = arguments_of(read({"SENTRY_TRACES_SAMPLE_RATE": "1"}, limits=LIMITS)).own()
    assert traced["traces_sampler"]({"parent_sampled": None}) == 1.0


def test_the_arguments_of_an_app_s_own_init_have_the_budgets_too(read: Read) -> None:
    arguments = arguments_of(read(enforced={"asgi_traces_per_second": 0.001, "asgi_events_per_minute": 1}))
    given = {"traces_sampler": lambda context: 1.0, "error_sampler": lambda event, hint: 1.0}
    made = arguments.of_app(given).arguments
    assert made["traces_sampler"]({"parent_sampled": None}) == 0.001
    assert [made["error_sampler"]({"message": "a"}, {}) for _ in range(2)] == [1.0, 0.0]


@pytest.mark.parametrize(
    ("option", "rules"),
    [
        ("asgi_traces_per_second", {"max": 0}),
        ("asgi_events_per_minute", {"max": 1.5}),
        ("asgi_traces_per_second", {"allow": ["10"]}),
        ("asgi_tags", {"max": 1}),
        ("traces_per_second", {"max": 1}),
    ],
    ids=str,
)
def test_a_limit_that_can_do_nothing_makes_the_policy_invalid(
    option: str, rules: Any, policy: Policy
) -> None:
    loaded = load(policy(limits={option: rules}))
    assert loaded.policy.is_unreadable
    assert f"[limits] {option}" in str(loaded.problems[0])


def test_config_says_whence_a_budget_is(tmp_path: Any) -> None:
    (tmp_path / "policy.toml").write_text(
        "[limits]\nasgi_traces_per_second = { max = 20 }\nasgi_events_per_minute = { max = 30 }\n"
    )
    found = settings(cwd=tmp_path, environ={"SENTRY_ASGI_POLICY": "policy.toml", TRACES: "1000"})
    traces, events = found[TRACES], found[EVENTS]
    assert (traces["value"], traces["wanted"], traces["layer"]) == (20, 1000, "environment")
    assert traces["limit"] == {"max": 20, "source": "[limits] asgi_traces_per_second (policy.toml:2)"}
    assert (events["value"], events["layer"]) == (30, "limits")
    assert events["source"] == "[limits] asgi_events_per_minute (policy.toml:3)"


def test_a_limited_budget_holds_where_the_app_is_served(
    start: Start, policy: Policy, project: Project
) -> None:
    environ = policy(limits={"asgi_traces_per_second": {"max": 0.001}, "asgi_events_per_minute": {"max": 1}})
    server: Server = start(uvicorn("raw3:app"), {**environ, EVENTS: "100"}).ready()
    for _ in range(5):
        server.provoke("/boom")
    server.stop()
    assert len(project.items("event")) == 1
    assert len(project.items("transaction")) <= 1
    assert json.dumps([item["payload"] for item in project.items("client_report")]).count('"error"') >= 1
