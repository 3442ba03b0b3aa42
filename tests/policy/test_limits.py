"""How far a value may go, by whatever way it comes."""

from __future__ import annotations

import contextlib
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from sentry_sdk.utils import BadDsn, Dsn

from sentry_asgi_autoconf.policy.enforcement import Enforcement
from sentry_asgi_autoconf.policy.limits import Limit
from sentry_asgi_autoconf.provenance import Origin
from sentry_asgi_autoconf.sdk.arguments import Arguments
from sentry_asgi_autoconf.settings.own import OwnValues
from tests.activation.layering import arguments_of
from tests.harness.policies import Read

HERE = "https://key@sentry.acme.internal/1"
THERE = "https://key@o1.ingest.sentry.io/2"


def limited(low: float | None, high: float | None) -> Arguments:
    """Return arguments whose trace rate is limited."""
    enforcement = Enforcement(limits={"traces_sample_rate": Limit(high, low, (), (Origin("limit", "here"),))})
    return Arguments({}, enforcement, OwnValues(integrations="eager"))


@pytest.mark.parametrize(
    "result",
    [1.0, True, 1, 0.21, float("inf"), Fraction(1, 2), Decimal("0.5")],
    ids=lambda result: repr(result),
)
def test_what_a_sampler_gives_is_held_to_the_ceiling(result: Any) -> None:
    sampler = (
        limited(None, 0.2).of_app({"traces_sampler": lambda context: result}).arguments["traces_sampler"]
    )
    assert sampler({}) == 0.2


@pytest.mark.parametrize("result", [0.0, False, -1, 0.19])
def test_what_a_sampler_gives_is_held_to_the_floor(result: Any) -> None:
    sampler = (
        limited(0.2, None).of_app({"traces_sampler": lambda context: result}).arguments["traces_sampler"]
    )
    assert sampler({}) == 0.2


@pytest.mark.parametrize("result", [None, "often", float("nan"), 1j, [1]], ids=repr)
def test_what_is_no_rate_is_left_to_the_sdk_which_samples_nothing_then(result: Any) -> None:
    sampler = (
        limited(None, 0.2).of_app({"traces_sampler": lambda context: result}).arguments["traces_sampler"]
    )
    assert sampler({}) is result


@pytest.mark.parametrize(
    ("sampler", "rate"), [("error_sampler", "sample_rate"), ("profiles_sampler", "profiles_sample_rate")]
)
def test_the_other_samplers_are_held_too(sampler: str, rate: str, read: Read) -> None:
    arguments = arguments_of(read(limits={rate: {"max": 0.2}}))
    assert arguments.of_app({sampler: lambda *context: 1.0}).arguments[sampler]({}, {}) == 0.2


@pytest.mark.parametrize(
    "app",
    [
        {"enable_tracing": True},
        {"traces_sample_rate": True},
        {"enable_tracing": True, "traces_sample_rate": "0.1"},  # as an environment has it
    ],
)
def test_the_older_ways_to_trace_everything_are_held_too(app: dict[str, Any]) -> None:
    assert limited(None, 0.2).of_app(app).arguments["traces_sample_rate"] == 0.2


def test_no_older_way_to_trace_nothing_gets_below_the_floor(read: Read) -> None:
    for app in ({"enable_tracing": False}, {"enable_tracing": False, "traces_sample_rate": 0.1}):
        merged = limited(0.2, None).of_app(app)
        assert (merged.arguments["traces_sample_rate"], "enable_tracing" in merged.arguments) == (0.2, False)
        assert ("enable_tracing", "limit (here)") in [(each.name, each.source) for each in merged.refusals]
    assert limited(0.2, None).of_app({"enable_tracing": True}).arguments["traces_sample_rate"] == 1.0
    loaded = read({"SENTRY_ENABLE_TRACING": "false"}, limits={"traces_sample_rate": {"min": 0.2}})
    assert "enable_tracing" not in arguments_of(loaded).own()
    assert "[limits] traces_sample_rate (" in loaded.settings["enable_tracing"].ruled_by


def test_rates_by_path_are_held_too(read: Read) -> None:
    environ = {
        "SENTRY_ASGI_TRACES_SAMPLE_RATES": '{"/all": 1, "/none": 0}',
        "SENTRY_TRACES_SAMPLE_RATE": "0.1",
    }
    limits = {"traces_sample_rate": {"max": 0.2, "min": 0.05}}
    sampler = arguments_of(read(environ, limits=limits)).own()["traces_sampler"]
    rates = [sampler(_request(path)) for path in ("/all", "/none", "/other")]
    assert rates == [0.2, 0.05, 0.1]


def test_an_enforced_rate_holds_for_every_path_but_those_that_the_policy_names(read: Read) -> None:
    environ = {"SENTRY_ASGI_TRACES_SAMPLE_RATES": '{"/all": 1}'}
    by_environment = arguments_of(read(environ, enforced={"traces_sample_rate": 0.1})).own()
    assert (by_environment["traces_sample_rate"], "traces_sampler" in by_environment) == (0.1, False)
    enforced = {"traces_sample_rate": 0.1, "asgi_traces_sample_rates": {"/health": 0}}
    sampler = arguments_of(read(environ, enforced=enforced)).own()["traces_sampler"]
    assert [sampler(_request(path)) for path in ("/all", "/health")] == [0.1, 0.0]


def test_an_enforced_sampler_is_asked_for_every_path_and_has_no_limit(read: Read) -> None:
    environ = {"SENTRY_ASGI_TRACES_SAMPLE_RATES": '{"/all": 1}'}
    ruled = {
        "enforced": {"traces_sampler": "tests.activation.layer_hooks:full"},
        "limits": {"traces_sample_rate": {"max": 0.1}},
    }
    arguments = arguments_of(read(environ, **ruled)).of_app({"traces_sampler": lambda context: 0.0}).arguments
    assert arguments["traces_sampler"](_request("/any")) == 1.0


def test_an_enforced_value_has_no_limit(read: Read) -> None:
    ruled = {"enforced": {"max_breadcrumbs": 80}, "limits": {"max_breadcrumbs": {"max": 10}}}
    assert arguments_of(read(**ruled)).of_app({"max_breadcrumbs": 5}).arguments["max_breadcrumbs"] == 80


def test_a_default_of_the_sdk_s_is_held_too(read: Read) -> None:
    own = arguments_of(read(limits={"max_breadcrumbs": {"max": 7}, "max_value_length": {"max": 9}})).own()
    assert (own["max_breadcrumbs"], own["max_value_length"]) == (7, 9)
    own = arguments_of(read(limits={"traces_sample_rate": {"min": 0.1}, "sample_rate": {"max": 0.5}})).own()
    assert (own["traces_sample_rate"], own["sample_rate"]) == (0.1, 0.5)
    assert "traces_sample_rate" not in arguments_of(read(limits={"traces_sample_rate": {"max": 0.1}})).own()


def test_a_dsn_at_another_host_gives_way_to_the_next_lower_one(read: Read) -> None:
    ruled = {"defaults": {"dsn": HERE}, "limits": {"dsn": {"allow": ["*.acme.internal"]}}}
    arguments = arguments_of(read({"SENTRY_DSN": THERE}, **ruled))
    assert arguments.own()["dsn"] == HERE
    assert arguments.of_app({"dsn": THERE}).arguments["dsn"] == HERE
    assert arguments.of_app({"dsn": THERE.encode()}).arguments["dsn"] == HERE
    assert arguments.of_app({"dsn": 7}).arguments["dsn"] == HERE
    assert arguments.of_app({"dsn": HERE + "1"}).arguments["dsn"] == HERE + "1"
    assert arguments.of_app({"dsn": ""}).arguments["dsn"] == ""
    nowhere = arguments_of(read({"SENTRY_DSN": THERE}, limits=ruled["limits"]))
    assert nowhere.own()["dsn"] == nowhere.of_app({"dsn": THERE}).arguments["dsn"] == ""


@pytest.mark.parametrize(
    "dsn",
    [
        "https://key@sentry.acme.internal@evil.example/1",
        "https://key@evil.example/sentry.acme.internal/1",
        "https://key@evil.example#@sentry.acme.internal/1",
        "https://key@evil.example\\@sentry.acme.internal/1?",
        "https://key@sentry.acme.internal.evil.example/1",
        "https://key@evil.example:443/1?host=sentry.acme.internal",
        "evil.example",
    ],
)
def test_a_dsn_is_judged_by_the_host_that_the_sdk_would_send_to(dsn: str, read: Read) -> None:
    limits = {"dsn": {"allow": ["sentry.acme.internal"]}}
    taken = arguments_of(read(limits=limits)).of_app({"dsn": dsn}).arguments["dsn"]
    with contextlib.suppress(BadDsn):  # nothing is sent, the app hears of it
        assert taken == "" or Dsn(taken).host == "sentry.acme.internal"


def test_an_environment_that_is_not_allowed_gives_way_and_none_is_looked_for_elsewhere(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    limits = {"environment": {"allow": ["staging", "prod*"]}}
    # The SDK itself would read it.
    monkeypatch.setenv("SENTRY_ENVIRONMENT", "forbidden")
    arguments = arguments_of(read({"SENTRY_ENVIRONMENT": "forbidden"}, limits=limits))
    assert arguments.own()["environment"] == "production"
    assert arguments.of_app({"environment": "mine"}).arguments["environment"] == "production"
    assert arguments.of_app({"environment": "prod-7"}).arguments["environment"] == "prod-7"
    limits = {"environment": {"allow": ["stag*", "staging"]}}
    arguments = arguments_of(read({"SENTRY_ENVIRONMENT": "forbidden"}, limits=limits))
    assert arguments.own()["environment"] == "staging"
    ruled = {"defaults": {"environment": "stag-1"}, "limits": limits}
    arguments = arguments_of(read({"SENTRY_ENVIRONMENT": "forbidden"}, **ruled))
    assert arguments.of_app({"environment": "mine"}).arguments["environment"] == "stag-1"


def test_what_is_not_set_is_not_made_up(read: Read) -> None:
    allow = {"allow": ["a", "b"]}
    own = arguments_of(read(limits={"dist": allow, "release": allow, "http_proxy": allow})).own()
    # The SDK would find a release and a proxy by itself, and no dist.
    assert ("dist" in own, own["release"], own["http_proxy"]) == (False, "", "")


def test_a_choice_keeps_within_the_choices_that_are_allowed(read: Read) -> None:
    limits = {"max_request_body_size": {"allow": ["small", "never"]}}
    arguments = arguments_of(read(limits=limits))
    assert arguments.own()["max_request_body_size"] == "small"
    assert arguments.of_app({"max_request_body_size": "always"}).arguments["max_request_body_size"] == "small"
    assert arguments.of_app({"max_request_body_size": "never"}).arguments["max_request_body_size"] == "never"


def test_of_several_limits_the_strictest_holds() -> None:
    one = Limit(0.5, 0.1, (("a*", "b"),), (Origin("one", "here"),))
    other = Limit(0.4, None, (("*c", "b"),), (Origin("other", "there"),))
    for both in (one.and_also(other), other.and_also(one)):
        assert (both.maximum, both.minimum) == (0.4, 0.1)
        assert [both.permits(text) for text in ("abc", "b", "ab", "c", "a")] == [
            True,
            True,
            False,
            False,
            False,
        ]
        assert not both.contradicts_itself
        assert "one (here)" in str(both)
        assert "other (there)" in str(both)


@pytest.mark.parametrize(
    ("one", "other"), [("?", "[!a]"), ("*", "[!a]"), ("a*c", "a?c"), ("[ab]", "?"), ("*", "b"), ("a", "A")]
)
def test_no_glob_lets_through_what_the_other_does_not(one: str, other: str) -> None:
    limits = Limit(None, None, ((one,),)), Limit(None, None, ((other,),))
    both = limits[0].and_also(limits[1])
    for text in ("a", "b", "A", "abc", "abbc", "", "?", "[ab]"):
        assert both.permits(text) == (limits[0].permits(text) and limits[1].permits(text))


@pytest.mark.parametrize(
    ("limit", "is_contradiction"),
    [
        (Limit(0.1, 0.2), True),
        (Limit(0.2, 0.2), False),
        (Limit(0.2, 0.1), False),
        (Limit(None, None, (("a",), ("b",))), True),
        (Limit(None, None, (("a", "b"), ("b",))), False),
        (Limit(None, None, (("a",), ("b*",))), True),
        (Limit(None, None, (("a*",), ("*b",))), False),
    ],
)
def test_limits_that_leave_no_value_are_known(limit: Limit, is_contradiction: bool) -> None:
    assert limit.contradicts_itself is is_contradiction


def test_of_ceiling_and_floor_that_leave_nothing_the_ceiling_holds() -> None:
    assert Limit(0.1, 0.2).clamped(1.0) == Limit(0.1, 0.2).clamped(0.0) == 0.1


def _request(path: str) -> dict[str, Any]:
    return {"asgi_scope": {"path": path, "method": "GET"}, "parent_sampled": None}
