"""What a variable has scrubbed leaves nowhere, and is marked as Sentry marks it."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.activation.layers import load
from sentry_asgi_autoconf.sdk.leaving import Scrubber
from sentry_asgi_autoconf.settings.scrub_rules import READY, rule_of
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]
CARD, IBAN = "4111 1111 1111 1111", "DE89 3704 0044 0532 0130 00"
APP = """
import json, logging, sentry_sdk
from dataclasses import dataclass

@dataclass
class Customer:
    name: str
    ssn: str

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = json.loads((await receive())["body"] or b"{}")
    customer = Customer("Ann", body["ssn"])
    card = body["card"]
    with sentry_sdk.start_span(op="pay", name=f"pay with {card}") as span:
        span.set_data("ssn", body["ssn"])
    sentry_sdk.add_breadcrumb(message=f"paid with {card}", data={"nested": {"ssn": body["ssn"]}})
    sentry_sdk.set_extra("payment", [card, {"ssn": body["ssn"]}])
    logging.getLogger("shop").warning("card %s, order %s, ssn=%s", card, body["order"], body["ssn"])
    raise ValueError(f"{card} of {customer} was refused, {body['order']}")
"""
BODY = {"card": CARD, "ssn": "078-05-1120", "order": "ORD-123456"}
ENVIRON = {
    "SENTRY_ASGI_SCRUB_KEYS": "ssn",
    "SENTRY_ASGI_SCRUB_PATTERNS": r"card,ORD-\d{6}",
    "SENTRY_ENABLE_LOGS": "1",
}


def everything(project: Project) -> str:
    """Return all that has left."""
    return json.dumps([item["payload"] for item in project.items()])


@pytest.mark.parametrize("lifecycle", ["static", "stream"])
def test_keys_and_patterns_leave_nowhere(
    lifecycle: str, start: Start, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "shop.py").write_text(APP)
    environ = {**ENVIRON, "SENTRY_TRACE_LIFECYCLE": lifecycle}
    server = start(uvicorn("shop:app"), environ, cwd=tmp_path).ready()
    server.provoke("/pay?ssn=078-05-1120", method="POST", json=BODY)
    server.stop()
    kinds = {item["type"] for item in project.items()}
    assert {"event", "log", "transaction" if lifecycle == "static" else "span"} <= kinds
    told = everything(project)
    for secret in BODY.values():
        assert secret not in told
    event = project.wait("event")[-1]
    value = event["exception"]["values"][-1]["value"]
    assert value.startswith("[Filtered] of Customer(") and value.endswith("was refused, [Filtered]")
    mark = event["_meta"]["exception"]["values"]["0"]["value"][""]
    assert mark["rem"] == [["@card", "s"], ["@pattern", "s"]]
    assert event["request"]["query_string"] == "ssn=[Filtered]"


def test_an_enforced_one_holds_whatever_the_app_s_init_says(
    start: Start, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "policy.toml").write_text('[enforced]\nasgi_scrub_patterns = ["card"]\n')
    init = "sentry_sdk.init(send_default_pii=True, before_send=lambda event, hint: event)"
    (tmp_path / "shop.py").write_text(f"import sentry_sdk\n{init}\n{APP}")
    environ = {"SENTRY_ASGI_POLICY": str(tmp_path / "policy.toml"), "SENTRY_ASGI_SCRUB_PATTERNS": "jwt"}
    server = start(uvicorn("shop:app"), environ, cwd=tmp_path).ready()
    server.provoke("/pay", method="POST", json=BODY)
    server.stop()
    assert project.wait("event")
    assert CARD not in everything(project)


FOUND = {
    "card": [CARD, "4111111111111111", "5500-0000-0000-0004"],
    "iban": [IBAN, "GB82WEST12345698765432"],
    "jwt": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmNHl0w5N"],
    "email": ["ann@example.org", "a.b+c@sub.example.co.uk"],
    "aws-key": ["AKIAIOSFODNN7EXAMPLE"],
    "private-key": ["-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----"],
}
NOT_FOUND = {
    "card": [
        "4111 1111 1111 1112",
        "1234567890123456789012345",
        "0000 0000 0000 0000",
        "3.14159265358979323",
    ],
    "iban": ["DE89 3704 0044 0532 0130 01", "ABCD1234"],
    "jwt": ["eyJ.a.b", "a.b.c"],
    "email": ["@decorator", "user@localhost"],
    "aws-key": ["AKIASHORT"],
    "private-key": ["-----BEGIN PUBLIC KEY-----"],
}


@pytest.mark.parametrize("name", READY)
def test_a_ready_pattern_finds_what_it_says_and_no_more(name: str) -> None:
    scrubber = Scrubber([READY[name]])

    def scrubbed(text: str) -> Any:
        return scrubber.telemetry({"body": f"<{text}>"}, {})["body"]

    assert [scrubbed(text) for text in FOUND[name]] == ["<[Filtered]>"] * len(FOUND[name])
    assert [scrubbed(text) for text in NOT_FOUND[name]] == [f"<{text}>" for text in NOT_FOUND[name]]


def test_no_name_a_number_or_a_key_of_the_app_s_own_hides_anything() -> None:
    scrubber = Scrubber([READY["card"], READY["email"]])
    number = int(CARD.replace(" ", ""))
    names = ("type", "module", "filename", "trace_id", "timestamp", "context_line", "sdk")
    event = scrubber.event(
        {"extra": {**dict.fromkeys(names, CARD), "number": number, "ann@example.org": 1}}, {}
    )
    assert event["extra"] == {**dict.fromkeys(names, "[Filtered]"), "number": "[Filtered]", "[Filtered]": 1}
    assert event["_meta"]["extra"]["type"] == {"": {"rem": [["@card", "s"]], "len": len(CARD)}}


def test_what_sentry_knows_an_event_by_stays() -> None:
    scrubber = Scrubber([rule_of(r"\d{16}")])
    told = {"trace_id": "1" * 32, "span_id": "2" * 16, "parent_span_id": "3" * 16, "timestamp": "2026" * 4}
    frame = {"filename": "4" * 16, "function": "5" * 16, "vars": {"function": "6" * 16}}
    event = {
        "event_id": "7" * 32,
        "contexts": {"trace": {**told, "data": {"trace_id": "8" * 32}}},
        "spans": [told],
        "exception": {"values": [{"stacktrace": {"frames": [frame]}, "value": "9" * 16}]},
    }
    found = scrubber.event(copy.deepcopy(event), {})
    assert (found["event_id"], found["spans"]) == (event["event_id"], [told])
    assert found["contexts"]["trace"] == {**told, "data": {"trace_id": "[Filtered][Filtered]"}}
    (exception,) = found["exception"]["values"]
    assert exception["value"] == "[Filtered]"
    (kept,) = exception["stacktrace"]["frames"]
    assert kept == {**frame, "vars": {"function": "[Filtered]"}}
    assert scrubber.telemetry({**told, "body": "1" * 16}, {}) == {**told, "body": "[Filtered]"}


def test_a_match_that_two_pieces_of_a_long_text_share_is_found() -> None:
    scrubber = Scrubber([rule_of(r"ORD-\d{6}")])
    for before in range(370, 520):
        text = f"{'x' * before}ORD-123456{'y' * 900}"
        assert scrubber.telemetry({"body": text}, {})["body"] == f"{'x' * before}[Filtered]{'y' * 900}"


def test_text_for_which_there_is_no_time_is_held_back_and_marked() -> None:
    scrubber = Scrubber([rule_of(r"\w+\w+@")])
    long = "a" * 190_000
    event = scrubber.event({"message": long, "extra": {"AKIAIOSFODNN7EXAMPLE": "short"}}, {})
    assert (event["message"], event["extra"]) == ("[Filtered]", {"[Filtered]": "[Filtered]"})
    assert event["_meta"]["message"] == {"": {"rem": [["@time", "s"]], "len": 190_000}}


def test_a_further_key_is_all_that_is_added(start: Start, project: Project, tmp_path: Path) -> None:
    init = "sentry_sdk.init(send_default_pii=True)"
    (tmp_path / "shop.py").write_text(f"import sentry_sdk\n{init}\n{init}\n{APP}")
    server = start(uvicorn("shop:app"), {"SENTRY_ASGI_SCRUB_KEYS": "SSN"}, cwd=tmp_path).ready()
    server.provoke("/pay", method="POST", json=BODY, headers={"x-forwarded-for": "203.0.113.9"})
    server.stop()
    (event,) = project.wait("event")
    assert event["request"]["headers"]["x-forwarded-for"] == "203.0.113.9"
    assert event["extra"]["payment"][1] == {"ssn": "[Filtered]"}


@pytest.mark.parametrize(
    "text",
    [
        *("(a+)+$", r"(\w*)*x", r"(a)\1+", r"\w+\w+\w+@", "(", "", "x*", "(?:a{1,100}b?){2,}"),
        "a{1,65}b{1,65}c{1,65}",
    ],
)
def test_an_expression_that_may_take_long_or_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        rule_of(text)


@pytest.mark.parametrize("text", ["a{1,64}b{1,64}c{1,64}", r"\w+-\w+", "(?:a{1,64})+", "[0-9]{65,}"])
def test_an_expression_that_takes_little_is_taken(text: str) -> None:
    assert rule_of(text).pattern.pattern == text


def test_a_refused_expression_costs_one_line() -> None:
    loaded = load({"SENTRY_DSN": "https://key@host/1", "SENTRY_ASGI_SCRUB_PATTERNS": "card,(a+)+"})
    (problem,) = loaded.problems
    assert "SENTRY_ASGI_SCRUB_PATTERNS" in problem.what and "repeats a repetition" in problem.what
