"""Without send_default_pii no cookie, credential or client address is anywhere in what is sent."""

from __future__ import annotations

import base64
import json
import sys
from pathlib import Path
from typing import Any, Callable

import httpx
import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]
CLIENT = "203.0.113.77"
SECRETS = {
    "a cookie": "s3ss10n-of-somebody",
    "a short cookie": "zq9",
    "a decoded cookie": "comma, separated",
    "another cookie": 'quo"ted\\value',
    "credentials": base64.b64encode(b"somebody:passw0rd-of-somebody").decode(),
    "a password": "passw0rd-of-somebody",
    "the client's address": CLIENT,
}
HEADERS = {
    "cookie": 'sid=s3ss10n-of-somebody; other=quo"ted\\value',
    "authorization": f"Basic {SECRETS['credentials']}",
    "x-forwarded-for": f"{CLIENT}, 198.51.100.4",
}


def found_in(item: dict[str, Any]) -> list[str]:
    """Name the secrets that an item holds, however they are escaped in it."""
    text = json.dumps(item, ensure_ascii=False)
    forms = {name: (value, json.dumps(value)[1:-1], repr(value)[1:-1]) for name, value in SECRETS.items()}
    return [name for name, values in forms.items() if any(value in text for value in values)]


@pytest.mark.parametrize("app", ["private:raw", "private:fast"])
def test_nothing_of_the_client_is_in_an_event_or_transaction(
    app: str, start: Start, project: Project
) -> None:
    server = start(uvicorn(app))
    server.provoke(headers=HEADERS)
    (event,) = project.wait("event")
    (transaction,) = project.wait("transaction")
    assert (found_in(event), found_in(transaction)) == ([], [])
    variables = event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["vars"]
    assert variables["harmless"] == "'kept'"
    assert variables["greeting"] == "'welcome back, [Filtered]'"
    assert variables["address"] == "'[Filtered]'"
    assert variables["cookies"]["sid"] == "[Filtered]"
    assert event["exception"]["values"][-1]["value"] == "no luck for [Filtered] with [Filtered]"
    assert event["request"]["headers"]["cookie"] == "[Filtered]"
    assert event["request"]["url"].endswith("/boom")


def test_by_hand_it_would_be(start: Start, project: Project) -> None:
    # What the tests above look for does leak from the same app instrumented by hand.
    environ = {"APP": "private_raw", "WITH_MIDDLEWARE": "1"}
    server = start(uvicorn("by_hand:app"), environ, bootstrap=False)
    server.provoke(headers=HEADERS)
    _refused_lifespan, event = project.wait("event", 2)
    assert set(found_in(event)) >= {"a cookie", "credentials", "the client's address"}


def test_neither_is_it_in_a_message_with_the_stack_attached(start: Start, project: Project) -> None:
    server = start(uvicorn("private:raw"), {"SENTRY_ATTACH_STACKTRACE": "true"})
    server.get("/message", headers=HEADERS)
    (event,) = project.wait("event")
    assert event["threads"]["values"][0]["stacktrace"]["frames"]
    assert found_in(event) == []


def test_neither_is_it_in_a_message_with_the_stack_attached_under_data_collection(
    start: Start, project: Project
) -> None:
    environ = {"SENTRY_ATTACH_STACKTRACE": "true", "SENTRY_DATA_COLLECTION": '{"user_info": false}'}
    start(uvicorn("private:raw"), environ).get("/message", headers=HEADERS)
    (event,) = project.wait("event")
    assert found_in(event["threads"]) == []


def test_neither_is_it_where_the_app_initialises_the_sdk_itself(start: Start, project: Project) -> None:
    start(uvicorn("--factory", "private:initialises_itself")).provoke(headers=HEADERS)
    (event,) = project.wait("event")
    assert event["environment"] == "of-the-app"
    assert found_in(event) == []


def test_neither_is_it_in_streamed_spans(start: Start, project: Project) -> None:
    server = start(uvicorn("private:fast"), {"SENTRY_TRACE_LIFECYCLE": "stream"})
    server.provoke(headers=HEADERS)
    server.stop()
    spans = [span for payload in project.wait("span") for span in payload["items"]]
    assert [found_in(span) for span in spans] == [[] for _ in spans]


def test_an_event_without_a_client_address_is_whole(start: Start, project: Project, tmp_path: Path) -> None:
    socket = tmp_path / "app.sock"
    server = start([sys.executable, "-m", "uvicorn", "--uds", str(socket), "private:chained"]).ready()
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(socket))) as client:
        assert client.get("http://app/boom", headers={"cookie": "a=ZeroDivisionError"}).status_code == 500
    (event,) = project.wait("event")
    server.stop()
    assert [value["type"] for value in event["exception"]["values"]] == ["ZeroDivisionError", "LookupError"]
    assert event["exception"]["values"][0]["stacktrace"]["frames"][-1]["vars"]["pair"] == ["1.0", "2.0"]


def test_a_malformed_scope_keeps_nothing_from_the_app(start: Start, project: Project) -> None:
    server = start(uvicorn("private:malformed"))
    assert server.get("/message", headers=HEADERS).status_code == 200
    (event,) = project.wait("event")
    assert event["message"] == "noted"


def test_neither_is_it_in_the_extra_data_of_a_log_record(start: Start, project: Project) -> None:
    server = start(uvicorn("private:raw"))
    server.get("/logged", headers=HEADERS)
    (event,) = project.wait("event")
    assert "headers" in event["extra"]
    assert found_in(event) == []


def test_neither_is_it_in_logs(start: Start, project: Project) -> None:
    server = start(uvicorn("private:raw"), {"SENTRY_ENABLE_LOGS": "true"})
    server.provoke(headers=HEADERS)
    project.wait("event")
    server.stop()
    logs = [log for payload in project.wait("log") for log in payload["items"]]
    bodies = [log["body"] for log in logs]
    assert any("request from [Filtered]" in body for body in bodies)
    assert any('"GET /boom HTTP/1.1" 500' in body for body in bodies)
    assert [found_in(log) for log in logs] == [[] for _ in logs]


def test_neither_is_it_under_a_scrubber_of_ones_own_or_data_collection(
    start: Start, project: Project, new_project: Callable[[], Project]
) -> None:
    environ = {"SENTRY_EVENT_SCRUBBER": "hooks:scrubber"}
    start(uvicorn("private:raw"), environ).provoke(headers=HEADERS)
    (event,) = project.wait("event")
    assert event["tags"]["scrubbed"] == "by our own"
    assert found_in(event) == []

    other = new_project()
    environ = {"SENTRY_DSN": other.dsn, "SENTRY_DATA_COLLECTION": '{"user_info": false}'}
    start(uvicorn("private:raw"), environ).provoke(headers=HEADERS)
    (event,) = other.wait("event")
    assert not {"a cookie", "credentials", "a password"} & set(found_in(event["exception"]))


# Of the request's headers, query and body, and of what the app makes of them.
CREDENTIALS = {
    "X-Auth-Token": "a-t0ken-of-somebody",
    "X-CSRFToken": "a-csrf-t0ken-of-somebody",
    "X-Amz-Security-Token": "an-amazon-t0ken-of-somebody",
    "Referer": "http://host/reset?password=r3ferred",
}
ASKED = {"token": "a-que/ry's-t0ken", "page": "2", "password": "a-que,ry's passw0rd"}
BODY = {"account": {"user": "somebody", "api_key": "b0dy-k3y-of-somebody"}}
SENT = (
    *list(CREDENTIALS.values())[:3],
    "r3ferred",
    "que/ry",
    "que%2Fry",
    "que,ry",
    "que%2Cry",
    "b0dy",
    "0ut-",
)


@pytest.mark.parametrize("lifecycle", ["static", "stream"])
def test_no_credential_of_a_request_or_of_what_the_app_asks_is_in_anything(
    lifecycle: str, start: Start, project: Project
) -> None:
    environ = {"SENTRY_TRACE_LIFECYCLE": lifecycle, "SENTRY_ENABLE_LOGS": "true"}
    server = start(uvicorn("private:fast", "--no-access-log"), environ).ready()
    server.provoke("/login", method="POST", headers=CREDENTIALS, params=ASKED, json=BODY)
    (event,) = project.wait("event")
    server.stop()
    sent = json.dumps(project.items(), ensure_ascii=False)
    assert [value for value in SENT if value in sent] == []
    assert event["request"]["query_string"] == "token=[Filtered]&page=2&password=[Filtered]"
    variables = event["exception"]["values"][-1]["stacktrace"]["frames"][-1]["vars"]
    assert variables["form"] == "Login(user='somebody', password='[Filtered]')"
    assert variables["account"] == "Account(user='somebody', api_key='[Filtered]')"
    kinds = {item["type"] for item in project.items()}
    assert kinds >= {"event", "log", "span" if lifecycle == "stream" else "transaction"}
    assert "quiet" in sent
    assert "page=2" in sent


def test_by_hand_they_would_be(start: Start, project: Project) -> None:
    environ = {"APP": "private_fast"}
    server = start(uvicorn("by_hand:app"), environ, bootstrap=False)
    server.provoke("/login", method="POST", headers=CREDENTIALS, params=ASKED, json=BODY)
    (event,) = project.wait("event")
    sent = json.dumps(event, ensure_ascii=False)
    assert {value for value in SENT if value in sent} >= {
        *list(CREDENTIALS.values())[:3],
        "r3ferred",
        "b0dy",
        "0ut-",
    }


def test_no_secret_of_the_settings_is_in_any_output_event_or_status(
    start: Start, project: Project, tmp_path: Path
) -> None:
    environ = {
        # Of the DSN the receiver itself masks the key; what it says of https is not used for it.
        "SENTRY_HTTPS_PROXY": "http://somebody:s3ttings-passw0rd@127.0.0.1:9",
        "SENTRY_PROXY_HEADERS": "Proxy-Authorization=s3ttings-header",
        "SENTRY_OPTIONS_JSON": '{"https_proxy": "http://s3ttings-json@127.0.0.1:9", "proxy_headers": "s3ttings-text"}',
        "SENTRY_ASGI_STATUS_DIR": str(tmp_path),
        "SENTRY_ASGI_LOG_LEVEL": "info",
        "SENTRY_DEBUG": "true",
    }
    server = start(uvicorn("private:raw"), environ)
    server.provoke(headers=HEADERS)
    project.wait("event")
    status = "".join(path.read_text() for path in tmp_path.glob("*.json"))
    server.stop()
    assert "SENTRY_PROXY_HEADERS=*** is not" in server.output
    assert "SENTRY_HTTPS_PROXY" in status
    for text in (server.output, status, json.dumps(project.items())):
        assert "s3ttings-" not in text


def test_it_is_sent_where_it_is_allowed(start: Start, project: Project) -> None:
    server = start(uvicorn("private:raw"), {"SENTRY_SEND_DEFAULT_PII": "true"})
    server.provoke(headers=HEADERS)
    (event,) = project.wait("event")
    assert {"a cookie", "credentials", "the client's address"} <= set(found_in(event))
    assert event["request"]["env"]["REMOTE_ADDR"] == CLIENT
