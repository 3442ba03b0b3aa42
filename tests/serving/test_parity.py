"""What arrives is what the same app, instrumented by hand as Sentry's documentation says, sends."""

from __future__ import annotations

import sys
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import Server, uvicorn

# App module, and whether by hand it is wrapped in SentryAsgiMiddleware or left to its framework's integration.
APPS = [
    ("raw3", True),
    ("raw2", True),
    ("fastapi_app", False),
    ("django_app", False),
    ("litestar_app", False),
    *(
        pytest.param(f"{framework}_app", False, marks=pytest.mark.matrix)
        for framework in ("starlette", "quart", "sanic", "socketio")
    ),
]
PATHS = ["/ok", "/boom", "/items/42?colour=red"]
# An error in a function that has read the body, and one in a function that is no coroutine.
FAILING = {"/boom": {}, "/divide": {"method": "POST", "json": {"by": 0}}, "/sync/0": {}}
FRAMEWORKS = ("fastapi_app", "starlette_app", "django_app", "quart_app", "litestar_app", "sanic_app")
HEADERS = {"user-agent": "parity", "accept": "text/plain", "x-custom": "kept"}


def exercise(server: Server, project: Project, paths: list[str]) -> dict[str, list[Any]]:
    """Send each request once and give what arrived, by path."""
    server.ready()
    arrived: dict[str, list[Any]] = {"event": [], "transaction": []}
    for path in paths:
        if path in FAILING:
            server.provoke(path, headers=HEADERS, **FAILING[path])
            arrived["event"] = project.wait("event", len(arrived["event"]) + 1)
        else:
            assert server.get(path, headers=HEADERS).status_code == 200
        arrived["transaction"] = project.wait("transaction", len(arrived["transaction"]) + 1)
    server.stop()
    # Nothing came late.
    arrived["event"] = [item["payload"] for item in project.items("event")]
    arrived["transaction"] = [item["payload"] for item in project.items("transaction")]
    return arrived


@pytest.mark.parametrize(("module", "with_middleware"), APPS)
def test_an_app_sends_what_it_would_send_instrumented_by_hand(
    module: str, with_middleware: bool, start: Callable[..., Server], new_project: Callable[[], Project]
) -> None:
    paths = ["/ok", "/boom"] if module == "raw2" else PATHS
    if module in FRAMEWORKS:
        paths = [*paths, *(path for path in FAILING if path not in paths)]
    by_hand = new_project()
    environ = {"SENTRY_DSN": by_hand.dsn, "APP": module, "WITH_MIDDLEWARE": "1" if with_middleware else ""}
    theirs = exercise(start(uvicorn("by_hand:app"), environ, bootstrap=False), by_hand, paths)

    # From an import string, and as an object that was made before the server was called.
    for command in (uvicorn(f"{module}:app"), [sys.executable, "run_any_object.py", module]):
        project = new_project()
        ours = exercise(start(command, {"SENTRY_DSN": project.dsn}), project, paths)
        compare(ours, theirs, paths)


def compare(ours: dict[str, list[Any]], theirs: dict[str, list[Any]], paths: list[str]) -> None:
    assert len(ours["event"]) == len(FAILING.keys() & set(paths))
    assert len(ours["transaction"]) == len(paths)
    # By hand, an app that does not support the lifespan is reported at each start.
    of_requests = [
        event for event in theirs["event"] if "lifespan" not in event["exception"]["values"][-1]["value"]
    ]
    for kind, expected in (("event", of_requests), ("transaction", theirs["transaction"])):
        for our_item, their_item in zip(ours[kind], expected, strict=True):
            assert normalised(without_command(our_item)) == normalised(without_command(their_item))


def without_command(item: Any) -> Any:
    item.get("extra", {}).pop("sys.argv", None)
    return item


def test_the_context_names_server_version_and_adapter(start: Callable[..., Server], project: Project) -> None:
    import uvicorn as installed

    exercise(start(uvicorn("raw3:app")), project, ["/boom"])
    for kind in ("event", "transaction"):
        (item,) = project.wait(kind)
        context = item["contexts"]["asgi_server"]
        assert {**context, "type": None} == {
            "name": "uvicorn",
            "version": installed.__version__,
            "adapter": "uvicorn",
            "type": None,
        }
