"""A rule for destinations holds for every way out, in each mode of the guard, and a line always says so."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Callable, Iterator

import pytest

from tests.activation.layering import arguments_of
from tests.harness.boots import Boots
from tests.harness.envelopes import Project
from tests.harness.policies import Policy, Read
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

ONLY_HERE = {"dsn": {"allow": ["127.0.0.1"]}}
MODES = ("merge", "keep", "replace")
INIT = """
import sentry_asgi_autoconf, sentry_sdk
sentry_asgi_autoconf.activate()
import ways_out
sentry_sdk.capture_message("noted")
sentry_sdk.flush()
report.update(dsn=sentry_sdk.get_client().dsn, is_sent=sentry_sdk.get_client().is_active())
"""


class Proxy:
    """A proxy that takes what it is given, and passes nothing on."""

    def __init__(self) -> None:
        seen: list[str] = []
        self.seen = seen

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                seen.append(self.path)
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                pass

        self.server = HTTPServer(("localhost", 0), Handler)
        self.url = f"http://localhost:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """Run a proxy."""
    running = Proxy()
    yield running
    running.server.shutdown()
    running.server.server_close()


def spotlight(project: Project) -> str:
    """Return the URL by which Spotlight's client reaches a project of the receiver."""
    host = project.dsn.partition("@")[2].rpartition("/")[0]
    return f"http://{host}/api/{project.number}/envelope/?sentry_key=key"


def elsewhere(way: str, other: Project) -> str:
    """Return what leads a way out to the other project."""
    return spotlight(other) if way.startswith(("spotlight", "collector")) else other.dsn


HELD = ["dsn", "spotlight", "spotlight alone", "experiments", "transport", "class of transports", "collector"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("way", HELD)
def test_no_way_out_of_an_app_s_leads_past_the_rule_for_the_dsn(
    way: str, mode: str, boots: Boots, project: Project, other: Project, policy: Policy
) -> None:
    app = {"WAY_OUT": way, "ELSEWHERE": elsewhere(way, other), "SENTRY_ASGI_ON_APP_INIT": mode}
    boot = boots.boot({"SENTRY_DSN": project.dsn, **app, **policy(limits=ONLY_HERE)}, INIT)
    assert other.items() == []
    assert len(project.items("event")) == (0 if way == "spotlight alone" and mode != "keep" else 1)
    if mode != "keep":
        (line,) = (line for line in boot.lines if "[app-init]" in line or "[not-permitted]" in line)
        assert "[limits] dsn (" in line
        assert f"collected at {elsewhere(way, other)}" not in boot.output


@pytest.mark.parametrize("way", [way for way in HELD if way != "experiments"])
def test_without_a_rule_each_of_them_leads_there(
    way: str, boots: Boots, project: Project, other: Project
) -> None:
    there = elsewhere(way, other)
    boot = boots.boot({"SENTRY_DSN": project.dsn, "WAY_OUT": way, "ELSEWHERE": there}, INIT)
    assert other.items("event") or f"collected at {there}" in boot.output


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("way", ["plain transport", "function"])
def test_a_transport_that_cannot_be_held_is_named(
    way: str, mode: str, boots: Boots, project: Project, policy: Policy
) -> None:
    app = {"WAY_OUT": way, "SENTRY_ASGI_ON_APP_INIT": mode}
    boot = boots.boot({"SENTRY_DSN": project.dsn, **app, **policy(limits=ONLY_HERE)}, INIT)
    named = [line for line in boot.lines if "[unheld-transport]" in line]
    assert len(named) == (0 if mode == "keep" else 1)
    assert all("sets the transport ways_out:" in line for line in named)


def test_the_policy_s_own_transport_is_not_named(
    read: Read, policy: Policy, boots: Boots, project: Project
) -> None:
    ruled = policy(limits=ONLY_HERE, enforced={"transport": "ways_out:Plain"})
    boot = boots.boot({"SENTRY_DSN": project.dsn, **ruled}, INIT)
    assert "the app's transport sends" in boot.output
    assert boot.lines == []


def test_spotlight_of_the_environment_is_refused_and_said(
    start: Start, project: Project, other: Project, policy: Policy
) -> None:
    environ = {"SENTRY_SPOTLIGHT": spotlight(other), "WAY_OUT": "spotlight of the environment"}
    server = start(uvicorn("ways_out:app"), {**environ, **policy(limits=ONLY_HERE)})
    server.provoke()
    project.wait("event")
    server.stop()
    assert other.items() == []
    said = [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf")]
    assert "SENTRY_SPOTLIGHT (environment) is not permitted by [limits] dsn (" in said[0]
    assert "may not set spotlight" in said[1]


def test_no_line_says_that_nothing_is_sent_while_spotlight_is(
    boots: Boots, other: Project, policy: Policy
) -> None:
    limits = {"dsn": {"allow": ["sentry.acme.internal"]}}
    environ = {"SENTRY_DSN": other.dsn, "SENTRY_SPOTLIGHT": spotlight(other)}
    boot = boots.boot({**environ, **policy(limits=limits)}, INIT)
    assert other.items() == []
    assert [line.partition(" is not permitted")[0] for line in boot.lines] == [
        "sentry-asgi-autoconf: SENTRY_DSN (environment)",
        "sentry-asgi-autoconf: SENTRY_SPOTLIGHT (environment)",
    ]
    boot = boots.boot({**environ, **policy(limits={**limits, "spotlight": {"allow": ["localhost"]}})}, INIT)
    assert len(other.wait("event")) == 1
    (line,) = boot.lines
    assert "nothing is sent" not in line


@pytest.mark.parametrize("mode", MODES)
def test_spotlight_has_hosts_of_its_own(
    mode: str, boots: Boots, project: Project, other: Project, policy: Policy
) -> None:
    ruled = policy(limits={**ONLY_HERE, "spotlight": {"allow": ["localhost"]}})
    app = {"WAY_OUT": "spotlight", "ELSEWHERE": spotlight(other), "SENTRY_ASGI_ON_APP_INIT": mode}
    boots.boot({"SENTRY_DSN": project.dsn, **app, **ruled}, INIT)
    assert len(other.items("event")) == (0 if mode == "keep" else 1)
    ruled = policy(limits={"spotlight": {"allow": ["sidecar"]}})
    boot = boots.boot({"SENTRY_DSN": project.dsn, **app, **ruled}, INIT)
    assert len(other.items("event")) == (0 if mode == "keep" else 1)
    assert mode == "keep" or "[limits] spotlight (" in boot.lines[0]


@pytest.mark.parametrize(
    ("spotlight", "allowed", "taken"),
    [
        (True, ["localhost"], "http://localhost:8969/stream"),
        (True, ["127.0.0.1"], False),
        ("localhost:8969/stream", ["localhost"], "localhost:8969/stream"),
        ("http://evil.example\\@localhost/", ["localhost"], False),
        ("http://localhost@evil.example/", ["localhost"], False),
        ("evil.example:80/localhost", ["localhost"], False),
        (False, ["localhost"], False),
    ],
)
def test_spotlight_is_judged_by_the_host_that_it_is_sent_to(
    spotlight: Any, allowed: list[str], taken: Any, read: Read
) -> None:
    arguments = arguments_of(read(limits={"spotlight": {"allow": allowed}}))
    assert arguments.of_app({"spotlight": spotlight}).arguments["spotlight"] == taken


def test_an_enforced_dsn_is_a_rule_too(read: Read) -> None:
    arguments = arguments_of(read(enforced={"dsn": "https://key@sentry.acme.internal/1"}))
    for url, taken in (("http://elsewhere/stream", False), ("http://sentry.acme.internal/s", True)):
        merged = arguments.of_app({"spotlight": url})
        assert bool(merged.arguments["spotlight"]) is taken
        assert [refusal.name for refusal in merged.refusals] == ([] if taken else ["spotlight"])


@pytest.mark.parametrize(
    "rule",
    [
        {"enforced": {"send_default_pii": False}},
        {"enforced": {"traces_sampler": "tests.activation.layer_hooks:full"}},
        {"enforced": {"spotlight": True, "send_default_pii": False}},
        {"limits": {"sample_rate": {"max": 0.5}}},
    ],
)
def test_what_spotlight_alone_turns_on_is_ruled_and_said(
    rule: Any, boots: Boots, policy: Policy, other: Project
) -> None:
    boot = boots.boot({"SENTRY_SPOTLIGHT": spotlight(other), **policy(**rule)}, INIT)
    assert (boot.report["is_sent"], other.items()) == (False, [])
    (line,) = boot.lines
    assert " is not permitted by [" in line
    assert "[not-permitted]" in line


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("whose", ["the app's", "the settings'", "the environment's"])
def test_a_proxy_that_could_read_everything_is_held_to_the_rule(
    whose: str, mode: str, boots: Boots, project: Project, proxy: Proxy, policy: Policy
) -> None:
    environ = {
        "the app's": {"WAY_OUT": "proxy", "ELSEWHERE": proxy.url},
        "the settings'": {"SENTRY_HTTP_PROXY": proxy.url},
        "the environment's": {"http_proxy": proxy.url},
    }[whose]
    environ.update({"SENTRY_DSN": project.dsn, "SENTRY_ASGI_ON_APP_INIT": mode})
    boot = boots.boot({**environ, **policy(limits=ONLY_HERE)}, INIT)
    assert proxy.seen == []
    assert len(project.items("event")) == 1
    assert (whose, mode) == ("the app's", "keep") or "[limits] dsn (" in "".join(boot.lines)
    boots.boot({**environ, **policy(limits={**ONLY_HERE, "http_proxy": {"allow": ["localhost"]}})}, INIT)
    assert bool(proxy.seen) is ((whose, mode) != ("the app's", "keep"))


def test_a_proxy_sees_nothing_of_what_goes_by_tls(read: Read) -> None:
    loaded = read({"SENTRY_DSN": "https://key@host/1"}, limits={"dsn": {"allow": ["host"]}})
    assert arguments_of(loaded).of_app({"https_proxy": "http://proxy:1"}).refusals == []
