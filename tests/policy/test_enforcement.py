"""What is enforced holds, whatever an app puts in its place, and hooks that are enforced have the last word."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import pytest

from sentry_asgi_autoconf.policy import enforcement
from sentry_asgi_autoconf.sdk.arguments import EXPERIMENTS, Arguments, Merged
from sentry_asgi_autoconf.settings.destinations import PROXIES
from tests.activation.layer_hooks import Hook
from tests.activation.layering import arguments_of
from tests.harness.policies import Read

HOOK = {name: f"tests.activation.layer_hooks:hook{number}" for number, name in enumerate(("first", "second"))}


def refused(merged: Merged) -> dict[str, Any]:
    """Return what was refused, and what applies."""
    return {refusal.name: refusal.applied for refusal in merged.refusals}


@pytest.mark.parametrize(
    ("enforced", "app"),
    [
        ({"traces_sample_rate": 0.1}, {"traces_sampler": Hook("app")}),
        ({"traces_sample_rate": 0.1}, {"enable_tracing": True}),
        ({"sample_rate": 0.1}, {"error_sampler": Hook("app")}),
        ({"profiles_sample_rate": 0.1}, {"profiles_sampler": Hook("app")}),
        ({"send_default_pii": False}, {"data_collection": {"user_info": True}}),
        ({"include_local_variables": False}, {"data_collection": {}}),
        ({"include_source_context": False}, {"data_collection": {}}),
        ({"event_scrubber": HOOK["first"]}, {"data_collection": {}}),
        ({"event_scrubber": HOOK["first"]}, {"trace_lifecycle": "stream"}),
        ({"before_send_transaction": HOOK["first"]}, {"trace_lifecycle": "stream"}),
        ({"data_collection": {"user_info": False}}, {"send_default_pii": True}),
        ({"send_default_pii": False}, {"spotlight": True}),
        ({"traces_sample_rate": 0.1}, {"spotlight": "http://localhost:8969/stream"}),
    ],
)
def test_what_would_take_its_place_is_left_out(
    enforced: dict[str, Any], app: dict[str, Any], read: Read
) -> None:
    merged = arguments_of(read(enforced=enforced)).of_app(app)
    (name,) = app
    assert not merged.arguments.get(name)
    assert list(refused(merged)) == [name]
    assert merged.changed == []
    (option,) = enforced
    assert f"[enforced] {option} (" in merged.refusals[0].source


def test_a_limit_holds_against_spotlight_without_a_dsn(read: Read) -> None:
    loaded = read({"SENTRY_SPOTLIGHT": "true"}, limits={"traces_sample_rate": {"max": 0.1}})
    assert arguments_of(loaded).own()["spotlight"] is False
    loaded = read({"SENTRY_SPOTLIGHT": "true", "SENTRY_DSN": "https://key@host/1"}, limits={})
    assert arguments_of(loaded).own()["spotlight"] is True


# What the SDK sets anew where Spotlight is all that there is to send to.
SET_BY_SPOTLIGHT = {
    "send_default_pii": False,
    **dict.fromkeys(("sample_rate", "traces_sample_rate", "profiles_sample_rate"), 0.1),
    **dict.fromkeys(
        ("error_sampler", "traces_sampler", "profiles_sampler"), "tests.activation.layer_hooks:full"
    ),
}


def test_spotlight_sets_no_more_than_these() -> None:
    assert set(SET_BY_SPOTLIGHT) == set(enforcement._SET_BY_SPOTLIGHT)


@pytest.mark.parametrize(("name", "value"), SET_BY_SPOTLIGHT.items())
def test_what_spotlight_alone_would_set_anew_keeps_it_away(name: str, value: Any, read: Read) -> None:
    merged = arguments_of(read(enforced={name: value})).of_app({"spotlight": True})
    assert (merged.arguments["spotlight"], refused(merged)["spotlight"]) == (False, False)


@pytest.mark.parametrize("variable", ["http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"])
@pytest.mark.parametrize("ruled", PROXIES)
def test_a_proxy_that_the_environment_names_is_held_to_the_rule_for_any_proxy(
    ruled: str, variable: str, read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*PROXIES, "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv(variable, "http://elsewhere:3128")
    option = variable.lower()
    arguments = arguments_of(
        read({"SENTRY_DSN": "https://key@host/1"}, limits={ruled: {"allow": ["proxy.acme.internal"]}})
    )
    merged = arguments.of_settings()
    assert [(each.name, each.applied) for each in merged.refusals] == [(option, "")]
    # Said, or the SDK would look for one by itself.
    assert [merged.arguments[name] for name in PROXIES] == ["", ""]
    permitted = {option: "http://proxy.acme.internal:3128"}
    assert arguments.of_app(permitted).arguments[option] == permitted[option]


@pytest.mark.parametrize(
    "besides", [{"before_send_span": HOOK["second"]}, {"trace_lifecycle": "stream"}], ids=["hook", "value"]
)
def test_spans_may_be_streamed_past_an_enforced_hook_if_the_policy_thinks_of_them(
    besides: dict[str, Any], read: Read
) -> None:
    loaded = read(enforced={"before_send_transaction": HOOK["first"], **besides})
    merged = arguments_of(loaded).of_app({"trace_lifecycle": "stream"})
    assert (merged.arguments["trace_lifecycle"], merged.refusals) == ("stream", [])


def test_spotlight_beside_a_dsn_is_the_app_s_affair(read: Read) -> None:
    arguments = arguments_of(read({"SENTRY_DSN": "https://key@host/1"}, enforced={"send_default_pii": False}))
    assert arguments.of_app({"spotlight": True}).arguments["spotlight"] is True


@pytest.mark.parametrize(
    ("ruled", "experiments"),
    [
        ({"enforced": {"enable_logs": False}}, {"enable_logs": True}),
        ({"enforced": {"trace_lifecycle": "static"}}, {"trace_lifecycle": "stream"}),
        ({"enforced": {"before_send_transaction": HOOK["first"]}}, {"trace_lifecycle": "stream"}),
        ({"enforced": {"send_default_pii": False}}, {"data_collection": {}}),
        ({"enforced": {"instrumenter": "sentry"}}, {"otel_powered_performance": True}),
        ({"enforced": {"profiler_mode": "thread"}}, {"continuous_profiling_mode": "gevent"}),
        ({"limits": {"profiles_sample_rate": {"max": 0.1}}}, {"profiles_sample_rate": 1.0}),
    ],
)
def test_nothing_ruled_is_smuggled_in_as_an_experiment(
    ruled: dict[str, Any], experiments: dict[str, Any], read: Read
) -> None:
    for kind in (dict, MappingProxyType):
        given = kind({**experiments, "max_spans": 7})
        merged = arguments_of(read(**ruled)).of_app({"_experiments": given})
        assert merged.arguments["_experiments"] == {**EXPERIMENTS, "max_spans": 7}
        assert refused(merged) == {f"_experiments.{key}": None for key in experiments}


def test_an_experiment_of_ours_is_below_all_others(read: Read) -> None:
    chains = {"suppress_asgi_chained_exceptions": True}
    enforced = {"enforced": {"experiments": {"max_spans": 7}}}
    for ruled, given, expected in (
        ({}, {}, EXPERIMENTS),
        ({}, {"_experiments": {"max_spans": 7}}, {**EXPERIMENTS, "max_spans": 7}),
        ({}, {"_experiments": chains}, chains),
        (enforced, {"_experiments": chains}, {**EXPERIMENTS, "max_spans": 7}),
        ({}, {"_experiments": 7}, 7),
    ):
        assert arguments_of(read(**ruled)).of_app(given).arguments["_experiments"] == expected


EVENT_HOOKS = ("before_send", "before_send_transaction", "before_send_log", "before_send_metric")


def both(read: Read, name: str, app: Any, **settings: Any) -> Any:
    """Return init's argument where a policy enforces the second hook and an app gives one of its own."""
    loaded = read(
        {f"SENTRY_{key.upper()}": value for key, value in settings.items()}, enforced={name: HOOK["second"]}
    )
    return arguments_of(loaded).of_app({name: app}).arguments[name]


def raising(data: Any, hint: Any) -> Any:
    """Fail as an app's hook may."""
    raise LookupError


@pytest.mark.parametrize("name", [*EVENT_HOOKS, "before_breadcrumb", "before_send_span"])
def test_an_enforced_hook_sees_what_the_app_s_leaves(name: str, read: Read) -> None:
    assert both(read, name, Hook("app"))({"name": "n"}, {}) == {"name": "n", "trail": ["app", "hook1"]}


@pytest.mark.parametrize("name", [*EVENT_HOOKS, "before_breadcrumb"])
def test_what_the_app_s_hook_drops_stays_dropped(name: str, read: Read) -> None:
    assert both(read, name, lambda data, hint: None)({}, {}) is None


@pytest.mark.parametrize("name", EVENT_HOOKS)
def test_what_the_app_s_hook_raises_drops_the_event_as_with_the_sdk(name: str, read: Read) -> None:
    with pytest.raises(LookupError):
        both(read, name, raising)({}, {})


@pytest.mark.parametrize("name", ["before_breadcrumb", "before_send_span"])
def test_where_the_sdk_goes_on_after_an_error_so_does_the_enforced_hook(name: str, read: Read) -> None:
    assert both(read, name, raising)({"name": "n"}, {}) == {"name": "n", "trail": ["hook1"]}


def changing(span: Any, hint: Any) -> Any:
    """Change a span half, and fail."""
    span["attributes"]["half"] = True
    raise LookupError


def test_no_hook_of_an_app_s_lets_a_span_past_the_others(read: Read) -> None:
    hooks: list[Any] = [
        raising,
        changing,
        lambda data, hint: None,
        lambda data, hint: 7,
        lambda data, hint: {},
    ]
    for app in hooks:
        hook = both(read, "before_send_span", app, trace_lifecycle="stream")
        span = {"name": "Authorization: Bearer s3cr3t", "attributes": {"authorization": "s3cr3t"}}
        sent = hook(span, {})
        assert sent["attributes"] == {"authorization": "[Filtered]"}
        assert sent["trail"] == ["hook1"]


def test_an_enforced_scrubber_follows_the_app_s_and_the_usual_one(read: Read) -> None:
    event: dict[str, Any] = {"extra": {"password": "s3cr3t"}}
    arguments = arguments_of(read(enforced={"event_scrubber": HOOK["second"]}))
    arguments.own()["event_scrubber"].scrub_event(event)
    assert event["trail"] == ["hook1"]
    assert "s3cr3t" not in str(event["extra"]["password"].value)
    event = {}
    arguments.of_app({"event_scrubber": Hook("app")}).arguments["event_scrubber"].scrub_event(event)
    assert event["trail"] == ["app", "hook1"]


class Broken:
    """A scrubber that fails."""

    def scrub_event(self, event: Any) -> None:
        raise LookupError


@pytest.mark.parametrize("scrubber", [7, Broken()], ids=["none", "broken"])
def test_an_enforced_scrubber_scrubs_whatever_becomes_of_the_app_s(scrubber: Any, read: Read) -> None:
    arguments = arguments_of(read(enforced={"event_scrubber": HOOK["second"]}))
    event: dict[str, Any] = {}
    with pytest.raises((AttributeError, LookupError)):
        arguments.of_app({"event_scrubber": scrubber}).arguments["event_scrubber"].scrub_event(event)
    assert event["trail"] == ["hook1"]


@pytest.mark.parametrize(
    ("switch", "name"), [("enable_logs", "before_send_log"), ("enable_metrics", "before_send_metric")]
)
def test_what_is_switched_off_is_dropped_however_it_is_handed_in(switch: str, name: str, read: Read) -> None:
    arguments = arguments_of(read(enforced={switch: False}))
    for given in (arguments.own(), arguments.of_app({switch: True, name: Hook("app")}).arguments):
        assert given[name]({"body": "text"}, {}) is None
    arguments = arguments_of(read(enforced={switch: True}))
    assert arguments.of_app({name: Hook("app")}).arguments[name]({}, {}) == {"trail": ["app"]}


def test_nobody_who_is_handed_our_lists_changes_them(read: Read) -> None:
    headers = {"http_headers": {"request": {"mode": "off"}}}
    ruled = {
        "enforced": {"ignore_errors": ["A"], "data_collection": headers},
        "defaults": {"in_app_include": ["shop"]},
    }
    arguments: Arguments = arguments_of(read(**ruled))
    for given in (arguments.own(), arguments.of_app({"dist": "1"}).arguments):
        given["ignore_errors"].clear()
        given["in_app_include"].append("changed")
        given["data_collection"]["http_headers"]["request"]["mode"] = "denylist"
    own = arguments.own()
    assert (own["ignore_errors"], own["in_app_include"]) == (["A"], ["shop"])
    assert own["data_collection"] == headers


def test_settings_of_this_package_can_be_enforced_and_have_defaults(read: Read) -> None:
    loaded = read(
        {"SENTRY_ASGI_EXCLUDED_PATHS": "/mine", "SENTRY_ASGI_EXCLUDED_APPS": "a:b"},
        defaults={"asgi_excluded_apps": ["c:d"], "asgi_disabled_servers": ["daphne"]},
        enforced={"asgi_excluded_paths": ["/health*"]},
    )
    own = loaded.own
    assert (own.excluded_paths, own.excluded_apps, own.disabled_servers) == (
        ["/health*"],
        ["a:b"],
        ["daphne"],
    )
    origins = {name: str(setting.origin) for name, setting in loaded.settings.items()}
    assert origins["asgi_excluded_paths"].startswith("[enforced] asgi_excluded_paths (")
    assert origins["asgi_excluded_apps"] == "SENTRY_ASGI_EXCLUDED_APPS (environment)"
    assert origins["asgi_disabled_servers"].startswith("[defaults] asgi_disabled_servers (")


@pytest.mark.parametrize(("option", "refusals"), [("http_proxy", ["http_proxy"]), ("https_proxy", [])])
def test_a_proxy_that_can_read_what_is_sent_is_held_to_the_rule_for_where_it_is_sent(
    option: str, refusals: list[str], read: Read
) -> None:
    layers = read(
        {"SENTRY_DSN": "http://key@sentry.acme.internal/1"}, limits={"dsn": {"allow": ["*.acme.internal"]}}
    )
    assert list(refused(arguments_of(layers).of_app({option: "http://elsewhere:3128"}))) == refusals


def test_an_enforced_dsn_rules_no_other_option(read: Read) -> None:
    layers = read(enforced={"dsn": "https://key@sentry.acme.internal/1"})
    merged = arguments_of(layers).of_app({"traces_sample_rate": 0.4, "environment": "staging"})
    assert merged.refusals == []
    assert (merged.arguments["traces_sample_rate"], merged.arguments["environment"]) == (0.4, "staging")
