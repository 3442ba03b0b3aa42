"""`SENTRY_ASGI_HEALTH_CHECKS=ignore` leaves out the transactions of probes, and nothing else."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.serving.path_sampling import PathSampler
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]
PROBES = [
    ("/ok", "kube-probe/1.34"),
    ("/ok", "ELB-HealthChecker/2.0"),
    ("/ok", "Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)"),
    ("/healthz", "curl/8"),
    ("/api/ready", "curl/8"),
]
OTHERS = [("/ok", "curl/8"), ("/healthy-food", "curl/8"), ("/upload", "curl/8"), ("/a/b/health", "curl/8")]


@pytest.mark.parametrize("lifecycle", ["static", "stream"])
def test_probes_make_no_transaction_and_their_errors_are_reported(
    lifecycle: str, start: Start, project: Project
) -> None:
    environ = {"SENTRY_ASGI_HEALTH_CHECKS": "ignore", "SENTRY_TRACE_LIFECYCLE": lifecycle}
    server = start(uvicorn("raw3:app"), environ).ready()
    for path, agent in PROBES:
        server.get(path, headers={"user-agent": agent})
    server.provoke("/boom", headers={"user-agent": "kube-probe/1.34"})
    for path, agent in OTHERS:
        server.get(path, headers={"user-agent": agent})
    server.request("POST", "/health")
    server.stop()
    (event,) = project.wait("event")
    assert event["request"]["headers"]["user-agent"] == "kube-probe/1.34"
    if lifecycle == "static":
        found = [item["payload"]["request"]["url"] for item in project.items("transaction")]
    else:
        spans = [span for item in project.items("span") for span in item["payload"]["items"]]
        found = [span["name"] for span in spans if span.get("is_segment")]
    wanted = [path for path, _ in OTHERS] + ["/health"]
    assert sorted("/" + url.split("/", 3)[3] for url in found) == sorted(wanted)


@pytest.mark.parametrize(
    "scope",
    [
        {"headers": None},
        {"headers": 7},
        {"headers": [()]},
        {"headers": [(b"user-agent", "kube-probe/1")]},
        {"headers": [(b"user-agent", b"kube-probe/1", b"more")]},
        {"headers": {}, "path": None},
        {"path": b"/healthz"},
    ],
)
def test_a_scope_of_any_shape_is_not_taken_for_a_probe(scope: Any) -> None:
    sampler = PathSampler(None, 1.0, [], {}, None, ignores_probes=True)
    assert sampler({"asgi_scope": {"method": "GET", "path": "/ok", **scope}}) == 1.0


def test_they_make_transactions_where_nothing_is_said(start: Start, project: Project) -> None:
    server = start(uvicorn("raw3:app")).ready()
    server.get("/healthz", headers={"user-agent": "kube-probe/1.34"})
    server.stop()
    assert len(project.items("transaction")) == 1
