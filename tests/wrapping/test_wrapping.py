"""Each app is instrumented exactly once: by its framework's integration, by itself, or by us."""

from __future__ import annotations

import sys
from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn

Start = Callable[..., Server]

OURS, OWN, STARLETTE = "SentryAsgiMiddleware", "its own SentryAsgiMiddleware", "the starlette integration"
INSTRUMENTED_BY = {
    "raw3:app": OURS,
    "raw2:app": OURS,
    "fastapi_app:app": STARLETTE,
    "starlette_app:app": STARLETTE,
    "django_app:app": "the django integration",
    "quart_app:app": "the quart integration",
    "litestar_app:app": "the litestar integration",
    "sanic_app:app": "the sanic integration",
    "socketio_app:app": STARLETTE,
    "wrapped:fastapi_under_pure_middleware": STARLETTE,
    "wrapped:fastapi_under_a_closure": STARLETTE,
    "wrapped:fastapi_under_a_partial": STARLETTE,
    "wrapped:fastapi_in_a_method": STARLETTE,
    "wrapped:raw_under_pure_middleware": OURS,
    "wrapped:wraps_fastapi": STARLETTE,
    "wrapped:wraps_the_call_of_fastapi": STARLETTE,
    "wrapped:contains_itself": OURS,
    "wrapped:lazy": OURS,
    "wrapped:wraps_itself": OWN,
    "wrapped:wraps_itself_inside": OWN,
    "wrapped:starlette_with_sentry": OWN,
    "wrapped:initialises_itself": OURS,
}


def check(server: Server, project: Project, by: str) -> None:
    """Provoke one error and see that it, and its transaction, arrive once."""
    server.provoke()
    project.wait("transaction")
    project.wait("event")
    server.stop()
    assert f"is instrumented by {by}\n" in server.output
    assert len(project.items("event")) == 1
    assert len(project.items("transaction")) == 1


@pytest.mark.parametrize(("app", "by"), INSTRUMENTED_BY.items())
def test_one_request_makes_one_event_and_one_transaction(
    app: str, by: str, start: Start, project: Project
) -> None:
    interface = ["--interface", "asgi3"] if app.endswith(("partial", "method")) else []
    check(start(uvicorn(*interface, app), {"SENTRY_ASGI_LOG_LEVEL": "info"}), project, by)


@pytest.mark.parametrize(
    ("app", "disabled", "by"),
    [
        ("fastapi_app:app", "starlette,fastapi", OURS),
        ("django_app:app", "django", OURS),
        ("quart_app:app", "quart", OURS),
        ("wrapped:starlette_with_sentry", "starlette,fastapi", OWN),
    ],
)
def test_an_app_whose_integration_is_disabled_is_wrapped(
    app: str, disabled: str, by: str, start: Start, project: Project
) -> None:
    environ = {"SENTRY_ASGI_LOG_LEVEL": "info", "SENTRY_DISABLED_INTEGRATIONS": disabled}
    server = start(uvicorn(app), environ).ready()
    server.get("/ok")
    project.wait("transaction")
    server.stop()
    assert f"is instrumented by {by}\n" in server.output
    assert len(project.items("transaction")) == 1


def test_the_served_app_answers_for_attributes_as_the_app_does(start: Start, project: Project) -> None:
    server = start([sys.executable, "attributes.py"])
    server.wait()
    assert server.stdout == "FastAPI True\n"


def test_a_middleware_stack_that_an_app_makes_late_is_left_to_the_integration(
    start: Start, project: Project
) -> None:
    server = start(uvicorn("--factory", "fastapi_app:create_app"), {"SENTRY_ASGI_LOG_LEVEL": "info"})
    check(server, project, STARLETTE)


@pytest.mark.parametrize("level", ["info", "trace"])  # at trace, uvicorn's own middleware is around the app
def test_an_app_object_that_is_excluded_is_left_alone(level: str, start: Start, project: Project) -> None:
    environ = {"SENTRY_ASGI_EXCLUDED_APPS": "raw3:app", "LOG_LEVEL": level, "SENTRY_ASGI_LOG_LEVEL": "info"}
    server = start([sys.executable, "run_object.py"], environ)
    server.provoke()
    server.stop()
    assert "is left alone, because of SENTRY_ASGI_EXCLUDED_APPS" in server.output
    assert "is instrumented by" not in server.output
    assert project.items() == []
