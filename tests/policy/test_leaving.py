"""What a policy says of labels, users and attachments holds for each event as it leaves, whatever that says itself."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.sdk import leaving
from tests.activation.layering import arguments_of
from tests.harness.envelopes import Project
from tests.harness.policies import Policy, Read
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

LABELS = ("environment", "release", "server_name", "dist")
ENFORCED = dict.fromkeys(LABELS, "enforced")
ALLOWED = {name: {"allow": ["enforced"]} for name in LABELS}
NO_MORE = {"asgi_attachments": False, "asgi_user_fields": ["id", "plan"]}


def said(server: Server, project: Project, *types: str) -> list[dict[str, Any]]:
    """Have the app say it, and give what arrives, of these types."""
    server.get("/say")
    server.provoke()
    for type_, count in (("event", 2), ("log", 1), ("trace_metric", 1), ("check_in", 1)):
        project.wait(type_, count)
    server.stop()
    return [item["payload"] for item in project.items(*types)]


def attributes(payloads: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the attributes of logs, metrics and streamed spans."""
    return [
        {name: found["value"] for name, found in item["attributes"].items()}
        for payload in payloads
        for item in payload["items"]
    ]


@pytest.mark.parametrize("mode", ["merge", "keep", "replace"])
@pytest.mark.parametrize(
    "rules",
    [{"enforced": {**ENFORCED, **NO_MORE}}, {"limits": ALLOWED, "enforced": NO_MORE}],
    ids=["enforced", "limits"],
)
def test_what_is_enforced_or_limited_holds_for_each_event(
    rules: Any, mode: str, start: Start, project: Project, policy: Policy
) -> None:
    ours = {"SENTRY_SEND_DEFAULT_PII": "true", "SENTRY_ASGI_ON_APP_INIT": mode}
    labels = {f"SENTRY_{name.upper()}": "enforced" for name in LABELS}
    logs = {"enforced": {**rules["enforced"], "enable_logs": True, "traces_sample_rate": 1.0}}
    server = start(uvicorn("says_itself:app"), {**ours, **labels, **policy(**{**rules, **logs})})
    events = said(server, project, "event", "transaction", "check_in")
    assert len(events) == 5
    for event in events:
        is_check_in = event.get("type") == "check_in" or "monitor_slug" in event
        for name in LABELS if not is_check_in else LABELS[:2]:
            assert event.get(name, "") in ("enforced", ""), name
        assert set(event.get("user", {})) <= {"id", "plan"}
    assert {"id": "7", "plan": "gold"} in [event.get("user") for event in events]
    assert project.items("attachment") == []
    others = attributes([item["payload"] for item in project.items("log", "trace_metric")])
    for found in others:
        assert found["sentry.environment"] == "enforced"
        assert found.get("sentry.release") in ("enforced", None)
    assert {name for found in others for name in found if name.startswith("user.")} == {"user.id"}


def test_it_holds_for_streamed_spans(start: Start, project: Project, policy: Policy) -> None:
    ruled = policy(enforced={**ENFORCED, **NO_MORE, "enable_logs": True, "trace_lifecycle": "stream"})
    server = start(uvicorn("says_itself:app"), ruled)
    server.get("/say")
    spans = attributes(project.wait("span"))
    server.stop()
    assert {span["sentry.environment"] for span in spans} == {"enforced"}
    assert {name for span in spans for name in span if name.startswith("user.")} <= {"user.id"}


def test_without_rules_an_event_says_what_it_likes(start: Start, project: Project) -> None:
    server = start(uvicorn("says_itself:app"), {"SENTRY_ENABLE_LOGS": "true"})
    events = said(server, project, "event")
    assert {event["environment"] for event in events} == {"own"}
    assert len(events[0]["user"]) == 5
    assert len(project.items("attachment")) >= 2


@pytest.mark.parametrize(
    ("environ", "user", "attachments"),
    [
        ({"SENTRY_ASGI_USER_FIELDS": "[]"}, {}, 1),
        ({"SENTRY_ASGI_USER_FIELDS": "id"}, {"user": {"id": "7"}}, 1),
        ({"SENTRY_ASGI_ATTACHMENTS": "false"}, {"user": {"id": "7", "email": "ann@acme"}}, 0),
        ({"SENTRY_ASGI_USER_FIELDS": "[]", "SENTRY_ASGI_ATTACHMENTS": "false"}, {}, 0),
    ],
)
def test_a_service_may_rule_them_itself(
    environ: dict[str, str], user: dict[str, Any], attachments: int, read: Read
) -> None:
    own = arguments_of(read(environ)).own()
    for name in ("before_send", "before_send_transaction"):
        hint: dict[str, Any] = {"attachments": ["s3cr3t"]}
        assert own[name]({"user": {"id": "7", "email": "ann@acme"}}, hint) == user
        assert len(hint.get("attachments", ())) == attachments


@pytest.mark.parametrize("user", [None, "ann", 7, ["id"]])
def test_a_user_of_another_shape_does_not_leave(user: Any, read: Read) -> None:
    own = arguments_of(read(enforced={"asgi_user_fields": ["id"]})).own()
    assert "user" not in own["before_send"]({"user": user}, {})


# What an event says itself → the attribute by which logs, metrics and streamed spans do.
ATTRIBUTES = {
    "dist": "sentry.dist",
    "environment": "sentry.environment",
    "release": "sentry.release",
    "server_name": "server.address",
}


@pytest.mark.parametrize("ruled", ["enforced", "limits"])
@pytest.mark.parametrize(("name", "attribute"), ATTRIBUTES.items())
def test_each_label_is_held_by_each_hook(name: str, attribute: str, ruled: str, read: Read) -> None:
    assert set(ATTRIBUTES) == set(leaving._LABELS) == set(LABELS)
    rules = {"enforced": {name: "enforced"}} if ruled == "enforced" else {"limits": {name: ALLOWED[name]}}
    environ = {f"SENTRY_{name.upper()}": "enforced", "SENTRY_TRACE_LIFECYCLE": "stream"}
    own = arguments_of(read(environ, **rules)).own()
    for hook in ("before_send", "before_send_transaction"):
        assert own[hook]({name: "own"}, {})[name] == "enforced"
    for hook in ("before_send_log", "before_send_metric", "before_send_span"):
        assert (
            own[hook]({"name": "n", "attributes": {attribute: "own"}}, {})["attributes"][attribute]
            == "enforced"
        )
