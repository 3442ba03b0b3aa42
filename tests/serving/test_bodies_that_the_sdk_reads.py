"""What the SDK reads of a body is there for the app as if nobody had read it."""

from __future__ import annotations

import gzip
from typing import Callable

import pytest

from tests.harness.arrived import all_of, by_path, name_of
from tests.harness.each_server import SERVERS, on_each_server
from tests.harness.envelopes import Project
from tests.harness.served import serve
from tests.harness.server import Server

Start = Callable[..., Server]

SETTINGS = {
    "traced": {},
    "untraced": {"SENTRY_TRACES_SAMPLE_RATE": None},
    "rate 0": {"SENTRY_TRACES_SAMPLE_RATE": "0"},
    "excluded": {"SENTRY_ASGI_EXCLUDED_PATHS": "/upload,/in"},
    "bodies of any size": {"SENTRY_MAX_REQUEST_BODY_SIZE": "always"},
}


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
def test_an_endpoint_takes_the_messages_of_a_body_itself(
    settings: dict[str, str | None], start: Start
) -> None:
    takes_messages("uvicorn", settings, start)


@on_each_server(*SERVERS)
def test_an_endpoint_takes_the_messages_of_a_body_itself_on(server: str, start: Start) -> None:
    takes_messages(server, {}, start)


def takes_messages(server: str, settings: dict[str, str | None], start: Start) -> None:
    served = serve(start, server, "case_own_receive:app", environ=settings)
    with served.client() as client:
        for size in (2, 900, 9_000, 200_000):
            body = b'"' + b"x" * (size - 2) + b'"'
            for content_type in ("application/json", "application/x-www-form-urlencoded", "text/plain"):
                answer = client.post("/upload", content=body, headers={"content-type": content_type})
                assert (answer.status_code, answer.json()) == (200, {"size": size})
        assert client.get("/ok").json() == "ok"


@on_each_server(*SERVERS)
def test_a_receive_that_raises_is_answered_as_the_app_answers_it(
    server: str, start: Start, project: Project
) -> None:
    served = serve(start, server, "case_raising_receive:app")
    headers = {"content-encoding": "gzip", "content-type": "application/json"}
    with served.client() as client:
        refused = client.post("/in", content=b"garbage", headers=headers)
        assert (refused.status_code, refused.json()) == (422, {"detail": "not gzip"})
        assert client.post("/in", content=gzip.compress(b'{"n": 1}'), headers=headers).json() == {"n": 1}
        assert client.post("/in", json={"n": 2}).json() == {"n": 2}
    events, transactions = all_of(served, project, 3)
    assert [name_of(transaction) for transaction in transactions] == [("/in", "route")] * 3
    assert events == []


def test_a_receive_that_raises_with_tracing_off(start: Start) -> None:
    served = serve(start, "uvicorn", "case_raising_receive:app", environ={"SENTRY_TRACES_SAMPLE_RATE": None})
    with served.client() as client:
        headers = {"content-encoding": "gzip", "content-type": "application/json"}
        assert client.post("/in", content=b"garbage", headers=headers).status_code == 422


def test_the_body_that_an_app_has_read_is_in_its_errors_event(start: Start, project: Project) -> None:
    served = serve(start, "uvicorn", "case_made_before_init:app")
    with served.client() as client:
        assert client.post("/post", json={"n": 0}).status_code == 500
    events, _ = all_of(served, project, 1)
    assert by_path(events)["/post"]["request"]["data"] == {"n": 0}
