"""ASGI apps in Azure Functions: the function apps are real, a script of ours plays the worker that runs them.

The worker itself is not in the package index, and the Functions host does not run here.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import Server, until
from tests.harness.venvs import installed_beside, venv

Start = Callable[..., Server]

PATHS = ["/ok", "/boom", "/items/42?colour=red"]
WORKER = {"FUNCTIONS_WORKER_RUNTIME": "python", "SENTRY_ASGI_LOG_LEVEL": "info"}
FUNCTION_APPS = ["azure_app", "azure_function", "azure_sync_function"]


def work(
    start: Start, function_app: str, serves: str, *paths: str, python: str = sys.executable, **arguments: Any
) -> Server:
    """Run a function app for each path, and wait until the last has been answered."""
    environ = {**WORKER, "SERVES": serves, **arguments.pop("environ", {})}
    server = start([python, "azure_worker.py", function_app, *paths], environ, **arguments)
    until(
        lambda: server.stdout.count("\n") >= len(paths) or server.process.poll() is not None,
        f"{len(paths)} answers, in {server.output!r}",
    )
    return server


@pytest.mark.parametrize("function_app", FUNCTION_APPS)
def test_the_app_is_wrapped_once_and_reports(function_app: str, start: Start, project: Project) -> None:
    server = work(start, function_app, "raw3", *PATHS, "/ok")
    assert server.stdout.splitlines()[0] == "/ok 200"
    server.stop()
    (event,) = project.wait("event")
    assert len(project.wait("transaction", 4)) == 4
    assert event["contexts"]["asgi_server"]["name"] == "azure-functions"
    assert event["request"]["url"] == "https://example.com/boom"
    assert server.output.count("is instrumented by SentryAsgiMiddleware") == 1
    assert server.output.count("active: sentry_sdk is initialised") == 1


@pytest.mark.parametrize(
    ("function_app", "module", "with_middleware"),
    [
        ("azure_app", "raw3", True),
        ("azure_function", "raw3", True),
        ("azure_function", "raw3_no_lifespan", True),
        ("azure_function", "django_app", False),
    ],
)
def test_an_app_sends_what_it_would_send_instrumented_by_hand(
    function_app: str,
    module: str,
    with_middleware: bool,
    start: Start,
    project: Project,
    new_project: Callable[[], Project],
) -> None:
    ours = arrived(work(start, function_app, module, *PATHS), project)
    by_hand = new_project()
    environ = {
        "SENTRY_DSN": by_hand.dsn,
        "APP": module,
        "WITH_MIDDLEWARE": "1" if with_middleware else "",
    }
    theirs = arrived(work(start, function_app, "by_hand", *PATHS, environ=environ, bootstrap=False), by_hand)
    assert [normalised(item) for item in ours] == [normalised(item) for item in theirs]


def test_a_fastapi_app_that_is_made_before_its_function_app_sends_the_same_errors_and_transactions(
    start: Start, project: Project, new_project: Callable[[], Project]
) -> None:
    ours = arrived(work(start, "azure_app", "fastapi_app", *PATHS), project)
    by_hand = new_project()
    environ = {"SENTRY_DSN": by_hand.dsn, "APP": "fastapi_app"}
    theirs = arrived(work(start, "azure_app", "by_hand", *PATHS, environ=environ, bootstrap=False), by_hand)
    # The routes were made before the SDK was initialised: only frames of the SDK's own are missing.
    for our_item, their_item in zip(ours, theirs, strict=True):
        our_values, their_values = (
            item.pop("exception", {}).get("values", []) for item in (our_item, their_item)
        )
        assert [value["type"] for value in our_values] == [value["type"] for value in their_values]
        assert normalised(our_item) == normalised(their_item)


def arrived(server: Server, project: Project) -> list[Any]:
    """Wait for one event and a transaction for each path, and give them."""
    project.wait("event")
    project.wait("transaction", len(PATHS))
    server.stop()
    return project.wait("event") + project.wait("transaction", len(PATHS))


@pytest.mark.parametrize("function_app", FUNCTION_APPS)
def test_nothing_is_lost_when_the_worker_is_ended_right_behind_an_error(
    function_app: str, start: Start, project: Project
) -> None:
    server = work(start, function_app, "raw3", "/boom")
    assert server.stop(signal.SIGTERM) == -signal.SIGTERM
    project.wait("event")
    project.wait("transaction")


@pytest.mark.parametrize("serves", ["says_startup_failed", "raises_at_startup", "fastapi_fails_at_startup"])
def test_a_failed_startup_is_reported_once_and_fails_the_function_as_without_us(
    serves: str, start: Start, project: Project
) -> None:
    with_us = work(start, "azure_app", f"lifespans:{serves}", "/ok")
    without = work(start, "azure_app", f"lifespans:{serves}", "/ok", bootstrap=False)
    with_us.stop()
    without.stop()
    assert with_us.stdout == without.stdout == "/ok RuntimeError\n"
    (event,) = project.wait("event")
    assert "no database" in str(event)


def test_a_function_app_that_serves_no_asgi_app_is_left_alone(start: Start, project: Project) -> None:
    server = work(start, "azure_no_asgi", "", "/ok", environ={"SENTRY_ASGI_LOG_LEVEL": "debug"})
    server.stop()
    assert server.output == "/ok 200\n"
    assert project.items() == []


def test_outside_a_worker_nothing_is_activated(start: Start, project: Project) -> None:
    environ = {"FUNCTIONS_WORKER_RUNTIME": None, "SENTRY_ASGI_LOG_LEVEL": "debug"}
    server = work(start, "azure_app", "raw3", "/ok", environ=environ)
    server.stop()
    assert server.output == "/ok 200\n"


def test_the_oldest_release(start: Start, project: Project, tmp_path: Path) -> None:
    python = venv(sys.executable, "sentry-sdk", "azure-functions==1.21.0")
    environ = {"PYTHONPATH": str(installed_beside(tmp_path))}
    assert arrived(work(start, "azure_app", "raw3", *PATHS, python=python, environ=environ), project)
