"""`SENTRY_ASGI_EVENTS_PER_MINUTE` holds events back that are like many before, and the next one tells how many."""

from __future__ import annotations

import pickle
import threading
from pathlib import Path
from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.serving.event_budget import EventBudget, Gate, fingerprint_of
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]
APP = """
import time
import sentry_sdk

monotonic = time.monotonic

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/value":
        raise ValueError("of another kind")
    if scope["path"] == "/message":
        sentry_sdk.capture_message("said")
    if scope["path"] == "/later":
        time.monotonic = lambda: monotonic() + 61
    if scope["path"] == "/own":
        with sentry_sdk.new_scope() as within:
            within.fingerprint = ["own", scope["query_string"].decode()]
            sentry_sdk.capture_message("grouped")
    if scope["path"].startswith("/boom"):
        raise RuntimeError(scope["path"])
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})
"""


@pytest.fixture
def serve(start: Start, tmp_path: Path) -> Start:
    """Serve the app with a budget of 2."""
    (tmp_path / "shop.py").write_text(APP)

    def ready(**environ: str) -> Server:
        settings = {"SENTRY_ASGI_EVENTS_PER_MINUTE": "2", "SENTRY_RELEASE": "1", **environ}
        return start(uvicorn("shop:app"), settings, cwd=tmp_path).ready()

    return ready


def told(project: Project) -> list[tuple[str, Any]]:
    """Return what each event is, and how many like it were held back."""
    found = []
    for item in project.items("event"):
        event = item["payload"]
        values = (event.get("exception") or {}).get("values")
        what = values[-1]["type"] if values else event["message"]
        found.append((what, event["contexts"]["sentry_asgi_autoconf"].get("events_held_back")))
    return found


def reported(project: Project, category: str) -> int:
    """Return how many of a category the client reports tell as sampled away."""
    reports = [
        each for item in project.items("client_report") for each in item["payload"]["discarded_events"]
    ]
    return sum(
        each["quantity"]
        for each in reports
        if (each["reason"], each["category"]) == ("sample_rate", category)
    )


def test_what_is_held_back_is_counted_everywhere(serve: Start, project: Project) -> None:
    server = serve()
    for number in range(6):
        server.provoke(f"/boom/{number}")
    server.provoke("/value")
    server.get("/later")
    for _ in range(3):
        server.provoke("/boom")
    server.stop()
    runtime = "RuntimeError"
    assert told(project) == [
        (runtime, None),
        (runtime, None),
        ("ValueError", None),
        (runtime, 4),
        (runtime, None),
    ]
    assert reported(project, "error") == 5
    sessions = [each for item in project.items("sessions") for each in item["payload"]["aggregates"]]
    assert sum(each.get("errored", 0) + each.get("crashed", 0) for each in sessions) == 10


def test_messages_and_fingerprints_of_the_app_s_own_have_a_budget_each(
    serve: Start, project: Project
) -> None:
    server = serve()
    for path in ("/message", "/own?a", "/own?b"):
        for _ in range(4):
            server.get(path)
    server.stop()
    assert [what for what, _ in told(project)] == ["said"] * 2 + ["grouped"] * 4
    assert reported(project, "error") == 6
    assert len(project.items("transaction")) == 12


@pytest.mark.parametrize(
    ("environ", "number"),
    [
        ({"SENTRY_BEFORE_SEND": "hooks:drop"}, 0),
        ({"SENTRY_BEFORE_SEND": "hooks:tagged"}, 2),
        ({"SENTRY_SAMPLE_RATE": "0"}, 0),
        ({"SENTRY_ERROR_SAMPLER": "hooks:rate"}, 2),
        ({"SENTRY_ERROR_SAMPLER": "hooks:nothing"}, 2),
        ({"SENTRY_ASGI_SCRUB_PATTERNS": "boom"}, 2),
        ({"SENTRY_SEND_DEFAULT_PII": "1"}, 2),
    ],
    ids=str,
)
def test_hooks_and_samplers_have_their_say_first(
    environ: dict[str, str], number: int, serve: Start, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "hooks.py").write_text(
        "def drop(event, hint): return None\n"
        "def tagged(event, hint): return {**event, 'tags': {'seen': 'yes'}}\n"
        "def rate(event, hint): return 1 if 'exception' in event else 0\n"
        "def nothing(event, hint): return 'nothing'\n"
    )
    server = serve(**environ)
    for _ in range(3):
        server.provoke("/boom")
    server.get("/later")
    server.provoke("/boom")
    server.stop()
    found = told(project)
    assert len(found) == number + bool(number)
    assert not found or found[-1] == ("RuntimeError", 1)


def test_a_budget_is_of_a_minute_from_the_first_event_on() -> None:
    budget = EventBudget(2)
    times = (1, 30, 60, 60.9, 61, 62, 63, 200)
    assert [budget.spend(7, now) for now in times] == [0, 0, None, None, 2, 0, None, 1]
    assert budget.spend(8, 200) == 0


def test_a_clock_that_goes_back_does_no_harm() -> None:
    budget = EventBudget(1)
    assert [budget.spend(7, now) for now in (100, -5, 159, 160)] == [0, None, None, 2]


def test_a_bounded_number_of_fingerprints_is_told_apart() -> None:
    budget = EventBudget(1)
    sent = [budget.spend(number, 5) for number in range(1, 5001)]
    assert sent.count(0) == 1001  # all further ones share one budget
    assert [budget.spend(number, 70) for number in range(6000, 6010)] == [0] * 10


def test_threads_spend_one_budget() -> None:
    budget = EventBudget(100)
    found: list[int | None] = []
    threads = [
        threading.Thread(target=lambda: found.extend(budget.spend(1, 5.0) for _ in range(1000)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (found.count(0), found.count(None)) == (100, 7900)


def test_it_can_be_pickled_with_the_hook_and_the_sampler_that_share_it() -> None:
    gate = Gate(EventBudget(1), None, 1.0)
    remember, sample = pickle.loads(pickle.dumps((gate.remember, gate.sample)))
    event: dict[str, Any] = {"message": "said"}
    assert remember(event, {}) is event
    assert [sample({}, {}), sample(event, {})] == [1.0, 0.0]


def exception(**told: Any) -> dict[str, Any]:
    """Return an event of an exception that was raised in this function."""
    frame = {"module": "shop", "function": told.pop("function", "pay"), "in_app": True, **told}
    return {"exception": {"values": [{"type": "E", "value": "1", "stacktrace": {"frames": [frame]}}]}}


@pytest.mark.parametrize(
    ("one", "other", "are_alike"),
    [
        (exception(lineno=1), exception(lineno=2), True),
        (exception(), exception(function="ship"), False),
        ({**exception(), "fingerprint": ["a"]}, {**exception(function="ship"), "fingerprint": ["a"]}, True),
        (
            {**exception(), "fingerprint": ["{{ default }}", "a"]},
            {**exception(function="ship"), "fingerprint": ["{{ default }}", "a"]},
            False,
        ),
        (
            {"logentry": {"message": "%s", "params": [1]}},
            {"logentry": {"message": "%s", "params": [2]}},
            True,
        ),
        ({"message": "a"}, {"message": "b"}, False),
        ({"message": "a", "level": "error"}, {"message": "a", "level": "info"}, False),
    ],
)
def test_events_are_alike_by_their_kind_and_place(one: Any, other: Any, are_alike: bool) -> None:
    assert (fingerprint_of(one) == fingerprint_of(other)) == are_alike


@pytest.mark.parametrize(
    "event",
    [
        {"exception": 7},
        {"exception": {"values": [None]}},
        {"exception": {"values": [{"stacktrace": {"frames": [None]}}]}},
        {"exception": {"values": [{"type": []}]}},
        {"logentry": "text"},
        {"fingerprint": 7, "message": None},
        {"contexts": None},
    ],
    ids=str,
)
def test_an_event_of_any_shape_is_sent(event: Any) -> None:
    gate = Gate(EventBudget(1), None, 1.0)
    for _ in range(2):
        gate.remember(event, {})
        assert gate.sample({}, {}) in (0.0, 1.0)
    assert Gate(EventBudget(1), None, 1.0).sample(event, {}) == 1.0


@pytest.mark.parametrize("text", ["0", "-1", "1.5", "nan", "inf", "often"])
def test_what_is_no_budget_is_told_and_left_out(text: str, serve: Start, project: Project) -> None:
    server = serve(SENTRY_ASGI_EVENTS_PER_MINUTE=text)
    for _ in range(3):
        server.get("/message")
    server.stop()
    said = f"SENTRY_ASGI_EVENTS_PER_MINUTE='{text}' is not a whole number, 1 or greater"
    assert server.output.count(said) == 1
    assert len(told(project)) == 3
