"""`check --send` tells in plain words what becomes of an event and of a transaction, each by itself."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.cli.checking import SOUND, UNTRIED, Checked, check
from tests.cli.receivers import ACCEPTED, Receiver, black_hole, closed_port
from tests.harness.envelopes import Project

KEY = "d3adb33fd3adb33fd3adb33fd3adb33f"


def send(port: int, *words: str, scheme: str = "http", **environ: str) -> Checked:
    """Send to a port with all traces."""
    settings = {
        "SENTRY_DSN": f"{scheme}://{KEY}@localhost:{port}/42",
        "SENTRY_TRACES_SAMPLE_RATE": "1",
        "SENTRY_DEFAULT_INTEGRATIONS": "false",
        **{f"{which}_proxy": None for which in ("http", "https", "HTTP", "HTTPS", "no", "NO")},
        **environ,
    }
    checked = check("--send", *words, environ=settings)
    assert KEY not in checked.text
    return checked


def test_both_are_accepted(project: Project) -> None:
    settings = {"SENTRY_DSN": project.dsn, "SENTRY_TRACES_SAMPLE_RATE": "0.01", "SENTRY_SAMPLE_RATE": "0.01"}
    checked = check("--send", environ=settings)
    assert checked.status == 0, checked.text
    assert checked.slugs("ok").count("delivered") == 2
    (event,) = project.wait("event")
    (transaction,) = project.wait("transaction")
    assert event["message"] == "Test event of sentry-asgi-autoconf check"
    assert transaction["transaction"] == "sentry-asgi-autoconf check"
    assert [item["type"] for item in project.items()] == ["event", "transaction"]
    assert checked.text.endswith("\nNothing keeps telemetry from flowing.\n")
    assert check("--send", "--json", environ=settings).json()["delivery_tried"] is True


# Answer to both → the name of the errors, and what they say.
REFUSALS: dict[str, tuple[int, dict[str, str], str, str, str]] = {
    "unknown key": (401, {}, '{"detail": "no such key"}', "bad-key", "(no such key)"),
    "forbidden": (403, {"X-Sentry-Error": "ProjectId"}, "", "bad-key", "(ProjectId)"),
    "no project": (404, {}, "not found", "no-project", "has no such project"),
    "too large": (413, {}, "", "too-large", "accepts nothing of that size"),
    "no event": (400, {}, "", "refused-event", "Sentry's protocol"),
    "a failure": (502, {}, "", "receiver-failed", "failed with 502"),
    "a proxy that asks for credentials": (407, {}, "", "proxy-refused", "asks for credentials"),
}


@pytest.mark.parametrize(
    ("status", "headers", "body", "slug", "says"), REFUSALS.values(), ids=REFUSALS.keys()
)
def test_a_refusal_is_named_for_each(
    status: int, headers: dict[str, str], body: str, slug: str, says: str
) -> None:
    with Receiver((status, headers, body)) as receiver:
        checked = send(receiver.port)
    assert [request["type"] for request in receiver.requests] == ["event", "transaction"]
    assert {request["path"] for request in receiver.requests} == {"/api/42/envelope/"}
    assert checked.status == 1
    assert checked.slugs("error") == [slug, slug], checked.text
    assert checked.text.count(says) == 2


def test_a_receiver_that_takes_no_transactions_is_named_as_rate_limited() -> None:
    headers = {"X-Sentry-Rate-Limits": "86400:transaction;span:organization"}
    with Receiver((200, headers, ACCEPTED)) as receiver:
        checked = send(receiver.port)
    assert [request["type"] for request in receiver.requests] == ["event"]
    assert (checked.status, checked.slugs("error")) == (0, [])
    assert "takes no transactions for 86400 s" in checked.line("rate-limited")
    assert "test event was accepted" in checked.line("delivered")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [({"Retry-After": "17"}, 17), ({}, 60), ({"X-Sentry-Rate-Limits": "120::organization"}, 120)],
)
def test_a_receiver_that_takes_nothing_is_named_as_rate_limited(
    headers: dict[str, str], seconds: int
) -> None:
    with Receiver((429, headers, "")) as receiver:
        checked = send(receiver.port)
    assert (checked.status, checked.slugs("error")) == (1, ["rate-limited", "rate-limited"])
    assert f"takes no events for {seconds} s" in checked.text
    assert f"takes no transactions for {seconds} s" in checked.text


def test_one_may_be_refused_and_the_other_accepted() -> None:
    with Receiver((200, {}, ACCEPTED), (413, {}, "")) as receiver:
        checked = send(receiver.port)
    assert checked.status == 1
    assert "event was accepted" in checked.line("delivered")
    assert "test transaction" in checked.line("too-large")


def test_an_answer_of_something_else_is_doubted() -> None:
    with Receiver((200, {}, "<html>")) as receiver:
        checked = send(receiver.port)
    assert (checked.status, checked.slugs("warning")) == (0, ["not-a-receiver", "not-a-receiver"])


def test_a_redirect_is_followed() -> None:
    with Receiver((200, {}, ACCEPTED)) as receiver:
        location = {"Location": f"http://localhost:{receiver.port}/api/42/envelope/"}
        with Receiver((307, location, "")) as first:
            assert send(first.port).slugs("ok").count("delivered") == 2


def test_a_closed_port_is_named() -> None:
    with closed_port() as port:
        checked = send(port)
    assert checked.slugs("error") == ["unreachable", "unreachable"]
    assert "the connection was refused" in checked.text


def test_a_black_hole_is_named() -> None:
    with black_hole() as port:
        checked = send(port, "--timeout", "0.5")
    assert checked.slugs("error") == ["timeout", "timeout"]
    assert "no answer within 0.5 s" in checked.text


def test_a_name_that_is_none_is_named() -> None:
    checked = send(0, SENTRY_DSN=f"http://{KEY}@no-such-host.invalid/42", SENTRY_TRACES_SAMPLE_RATE="")
    assert "its name cannot be resolved" in checked.line("unknown-host")


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    """Return an authority that nobody trusts."""
    return trustme.CA()


@pytest.fixture
def tls_receiver(authority: trustme.CA) -> Any:
    """Yield a receiver with a certificate of that authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    with Receiver((200, {}, ACCEPTED), context=context) as receiver:
        yield receiver


def test_an_untrusted_certificate_is_named(tls_receiver: Receiver) -> None:
    checked = send(tls_receiver.port, scheme="https")
    assert checked.slugs("error") == ["tls-untrusted", "tls-untrusted"]
    assert "SENTRY_CA_CERTS" in checked.text


def test_its_authority_may_be_named(tls_receiver: Receiver, authority: trustme.CA, tmp_path: Path) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    checked = send(tls_receiver.port, scheme="https", SENTRY_CA_CERTS=str(tmp_path / "ca.pem"))
    assert checked.slugs("ok").count("delivered") == 2


def test_a_port_without_tls_is_named() -> None:
    with Receiver((200, {}, ACCEPTED)) as receiver:
        checked = send(receiver.port, scheme="https")
    assert checked.slugs("error") == ["tls-failed", "tls-failed"]
    assert "Does that port speak https" in checked.text


def test_an_https_proxy_that_refuses_is_named_without_its_password(tls_receiver: Receiver) -> None:
    with Receiver((407, {}, "")) as proxy:
        url = f"http://user:s3cr3t@127.0.0.1:{proxy.port}"
        checked = send(tls_receiver.port, scheme="https", SENTRY_HTTPS_PROXY=url)
    assert checked.slugs("error") == ["proxy-refused", "proxy-refused"]
    assert f"http://***@127.0.0.1:{proxy.port}" in checked.text
    assert "407" in checked.text
    assert "s3cr3t" not in checked.text
    assert proxy.requests[0]["path"] == f"localhost:{tls_receiver.port}"


def test_a_proxy_of_the_environment_passes_it_on_with_its_headers() -> None:
    with Receiver((200, {}, ACCEPTED)) as proxy:
        checked = send(
            80, http_proxy=f"http://127.0.0.1:{proxy.port}", SENTRY_PROXY_HEADERS='{"X-Team": "shop"}'
        )
    assert checked.slugs("ok").count("delivered") == 2
    assert f"through the proxy http://127.0.0.1:{proxy.port}" in checked.text
    assert {request["headers"]["X-Team"] for request in proxy.requests} == {"shop"}
    assert proxy.requests[0]["path"] == "http://localhost/api/42/envelope/"


def test_a_proxy_that_is_gone_is_named() -> None:
    with closed_port() as port:
        checked = send(80, SENTRY_HTTP_PROXY=f"http://127.0.0.1:{port}")
    assert checked.slugs("error") == ["proxy-unreachable", "proxy-unreachable"]
    assert "http_proxy" in checked.text


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_that_does_not_answer_is_named_without_sending(scheme: str) -> None:
    with black_hole() as port:
        proxies = {f"SENTRY_{kind}_PROXY": f"http://127.0.0.1:{port}" for kind in ("HTTP", "HTTPS")}
        dsn = f"{scheme}://{KEY}@localhost:1/42"
        checked = check("--timeout", "0.5", environ={"SENTRY_DSN": dsn, "VIRTUAL_ENV": None, **proxies})
    assert (checked.status, len(checked.slugs("error"))) == (1, 1), checked.text
    assert f"the proxy http://127.0.0.1:{port}" in checked.text
    assert "no answer within 0.5 s" in checked.text


def test_nothing_is_sent_through_a_proxy_that_answers_unless_asked_to() -> None:
    with Receiver((200, {}, ACCEPTED)) as proxy:
        checked = check(environ={"SENTRY_HTTP_PROXY": f"http://127.0.0.1:{proxy.port}"})
    assert (checked.status, checked.slugs("error"), proxy.requests) == (0, [], [])
    assert checked.text.endswith(f"\nNothing keeps telemetry from flowing; {UNTRIED}.\n")


def test_what_a_hook_drops_is_told(tmp_path: Path) -> None:
    (tmp_path / "dropping.py").write_text("def drop(event, hint):\n    return None\n")
    with Receiver((200, {}, ACCEPTED)) as receiver:
        path = f"{SOUND['PYTHONPATH']}:{tmp_path}"
        checked = send(receiver.port, PYTHONPATH=path, SENTRY_BEFORE_SEND="dropping:drop")
    assert [request["type"] for request in receiver.requests] == ["transaction"]
    assert "the test event was dropped" in checked.line("dropped")


def test_no_transaction_is_sent_where_tracing_is_off() -> None:
    with Receiver((200, {}, ACCEPTED)) as receiver:
        checked = send(receiver.port, SENTRY_TRACES_SAMPLE_RATE="")
    assert [request["type"] for request in receiver.requests] == ["event"]
    assert checked.status == 0
    assert "tracing is off" in checked.line("not-sent")


@pytest.mark.parametrize(
    ("policy", "sent"),
    [
        ("[limits\n", []),
        ('[limits]\ndsn = { allow = ["sentry.example.com"] }\n', []),
        ("[limits]\ntraces_sample_rate = { max = 0.0 }\n", ["event"]),
        ('[enforced]\ndsn = ""\n', []),
    ],
    ids=["unknown", "forbids the host", "forbids transactions", "enforces no DSN"],
)
def test_nothing_is_sent_that_a_policy_forbids(policy: str, sent: list[str], tmp_path: Path) -> None:
    (tmp_path / "policy.toml").write_text(policy)
    with Receiver((200, {}, ACCEPTED)) as receiver:
        send(receiver.port, SENTRY_ASGI_POLICY=str(tmp_path / "policy.toml"))
    assert [request["type"] for request in receiver.requests] == sent


def test_a_transport_of_one_s_own_is_not_passed_by() -> None:
    with Receiver((200, {}, ACCEPTED)) as receiver:
        checked = send(receiver.port, SENTRY_TRANSPORT="sentry_sdk.transport:HttpTransport")
    assert receiver.requests == []
    assert checked.slugs("warning") == ["custom-transport"]
