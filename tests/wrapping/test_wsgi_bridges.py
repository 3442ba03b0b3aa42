"""WSGI apps that are served as ASGI through a bridge: one event and one transaction, whoever makes them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import Server, uvicorn
from tests.harness.venvs import installed_beside, venv

Start = Callable[..., Server]

OURS, FLASK = "SentryAsgiMiddleware", "the flask integration"
# Bridge and framework → what instruments the app.
INSTRUMENTED_BY = {
    "asgiref flask": FLASK,
    "a2wsgi flask": FLASK,
    "starlette flask": FLASK,
    "uvicorn flask": FLASK,
    "hypercorn flask": FLASK,
    "under_asgi_middleware flask": FLASK,
    "under_wsgi_middleware flask": FLASK,
    "method flask": OURS,
    "asgiref django": "the django integration",
    "asgiref plain": OURS,
    "a2wsgi plain": OURS,
    "starlette plain": OURS,
    "instrumented plain": "its own SentryWsgiMiddleware",
}
# The same for frameworks in an environment of their own.
OTHER_FRAMEWORKS = {
    "a2wsgi bottle": "the bottle integration",
    "a2wsgi falcon": "the falcon integration",
    "none falcon_asgi": OURS,
    "a2wsgi pyramid": "the pyramid integration",
}


def check(server: Server, project: Project, by: str) -> tuple[list[Any], list[Any]]:
    """Make one request fail and another succeed, and give one event and both transactions."""
    server.provoke()
    assert server.get("/items/42?colour=red").status_code == 200
    project.wait("event")
    project.wait("transaction", 2)
    server.stop()
    events, transactions = project.wait("event"), project.wait("transaction", 2)
    assert f"is instrumented by {by}\n" in server.output
    assert (len(events), len(transactions)) == (1, 2)
    assert events[0]["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    return events, transactions


@pytest.mark.parametrize(("bridge", "by"), INSTRUMENTED_BY.items())
def test_one_request_makes_one_event_and_one_transaction(
    bridge: str, by: str, start: Start, project: Project
) -> None:
    server = start(uvicorn("bridged:app"), {"BRIDGE": bridge, "SENTRY_ASGI_LOG_LEVEL": "info"})
    _, transactions = check(server, project, by)
    if by == FLASK:
        assert [item["transaction"] for item in transactions] == ["boom", "item"]


@pytest.mark.parametrize(("bridge", "by"), OTHER_FRAMEWORKS.items())
def test_other_frameworks(bridge: str, by: str, start: Start, project: Project, tmp_path: Path) -> None:
    python = venv(sys.executable, "sentry-sdk", "uvicorn", "a2wsgi", "bottle", "falcon", "pyramid")
    environ = {
        "BRIDGE": bridge,
        "SENTRY_ASGI_LOG_LEVEL": "info",
        "PYTHONPATH": str(installed_beside(tmp_path)),
    }
    check(start(uvicorn("bridged:app", python=python), environ), project, by)


def test_flask_whose_integration_is_disabled_is_wrapped(start: Start, project: Project) -> None:
    environ = {
        "BRIDGE": "a2wsgi flask",
        "SENTRY_ASGI_LOG_LEVEL": "info",
        "SENTRY_DISABLED_INTEGRATIONS": "flask",
    }
    server = start(uvicorn("bridged:app"), environ).ready()
    server.get("/ok")
    project.wait("transaction")
    server.stop()
    assert f"is instrumented by {OURS}\n" in server.output
    assert len(project.items("transaction")) == 1


@pytest.mark.parametrize("bridge", ["asgiref", "a2wsgi", "starlette"])
def test_flask_sends_what_it_would_send_instrumented_by_hand(
    bridge: str, start: Start, project: Project, new_project: Callable[[], Project]
) -> None:
    environ = {"BRIDGE": f"{bridge} flask"}
    ours = exercise(start(uvicorn("bridged:app"), environ), project)
    by_hand = new_project()
    environ.update({"SENTRY_DSN": by_hand.dsn, "APP": "bridged"})
    theirs = exercise(start(uvicorn("by_hand:app"), environ, bootstrap=False), by_hand)
    assert ours == theirs
    kinds = [item.get("type", "event") for item in ours]
    assert (kinds.count("event"), kinds.count("transaction")) == (1, 2)


def test_flask_inside_a_fastapi_app_makes_no_transaction_of_its_own(start: Start, project: Project) -> None:
    items = exercise(start(uvicorn("bridged:app"), {"BRIDGE": "mounted flask"}), project)
    # By hand, both integrations make one.
    assert sorted((item.get("type", "event"), item["transaction"]) for item in items) == [
        ("event", "boom"),
        ("transaction", "boom"),
        ("transaction", "item"),
    ]


def exercise(server: Server, project: Project) -> list[Any]:
    """Make one request fail and another succeed, and give what arrived, comparable."""
    server.provoke()
    assert server.get("/items/42?colour=red").status_code == 200
    server.stop()
    arrived = [comparable(item["payload"]) for item in project.items("event", "transaction")]
    return sorted(arrived, key=lambda item: (item.get("type", ""), item["transaction"], item["platform"]))


def comparable(item: Any) -> Any:
    """Leave out what differs between two servers, and spans of the SDK's own sending."""
    item["request"].get("env", {}).pop("SERVER_PORT", None)
    item["extra"].pop("sys.argv")
    for name in ("spans", "_meta"):
        item.pop(name, None)
    return normalised(item)
