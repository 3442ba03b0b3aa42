"""What arrives is what the same app, instrumented by hand as Sentry's documentation says, sends."""

from __future__ import annotations

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
    ("starlette_app", False),
    ("django_app", False),
    ("quart_app", False),
    ("litestar_app", False),
    ("sanic_app", False),
    ("socketio_app", False),
]
PATHS = ["/ok", "/boom", "/items/42?colour=red"]
HEADERS = {"user-agent": "parity", "accept": "text/plain", "x-custom": "kept"}


def exercise(server: Server, project: Project, paths: list[str]) -> dict[str, list[Any]]:
    """Send each request once and give what arrived, by path."""
    server.ready()
    arrived: dict[str, list[Any]] = {"event": [], "transaction": []}
    for path in paths:
        if path == "/boom":
            server.provoke(path, headers=HEADERS)
            arrived["event"] = project.wait("event")
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
    module: str,
    with_middleware: bool,
    start: Callable[..., Server],
    project: Project,
    new_project: Callable[[], Project],
) -> None:
    paths = PATHS if module != "raw2" else ["/ok", "/boom"]
    ours = exercise(start(uvicorn(f"{module}:app")), project, paths)

    by_hand = new_project()
    environ = {"SENTRY_DSN": by_hand.dsn, "APP": module, "WITH_MIDDLEWARE": "1" if with_middleware else ""}
    theirs = exercise(start(uvicorn("by_hand:app"), environ, bootstrap=False), by_hand, paths)

    assert len(ours["event"]) == 1
    assert len(ours["transaction"]) == len(paths)
    # By hand, an app that does not support the lifespan is reported at each start.
    of_requests = [
        event for event in theirs["event"] if "lifespan" not in event["exception"]["values"][-1]["value"]
    ]
    for kind, expected in (("event", of_requests), ("transaction", theirs["transaction"])):
        for our_item, their_item in zip(ours[kind], expected, strict=True):
            assert normalised(our_item) == normalised(their_item)


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
