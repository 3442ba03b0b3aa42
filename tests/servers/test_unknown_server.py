"""A process that a server without an adapter serves in says so once, to who asks; nothing else does."""

from __future__ import annotations

import inspect
import os
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from sentry_asgi_autoconf.status.unknown_server import WatchedCall
from tests.flushing.test_failed_boot import comparable
from tests.harness.envelopes import Project
from tests.harness.server import BOOTSTRAP, ROOT, Server, environment, run

Start = Callable[..., Server]
ACME = [sys.executable, "-m", "acme_server"]
ON_PATH = f"{BOOTSTRAP}{os.pathsep}{ROOT / 'tests' / 'third_party' / 'acme-server'}"
INFO = {"PYTHONPATH": ON_PATH, "SENTRY_ASGI_LOG_LEVEL": "info"}
ALONE = {"PYTHONPATH": ON_PATH.partition(os.pathsep)[2]}

CLASSES = {
    "django_app": "django.core.handlers.asgi.ASGIHandler",
    "fastapi_app": "fastapi.applications.FastAPI",
    "litestar_app": "litestar.app.Litestar",
    "quart_app": "quart.app.Quart",
    "sanic_app": "sanic.app.Sanic",
    "starlette_app": "starlette.applications.Starlette",
}
# An app that tells what is in the place of its class's `__call__`, and an error that leaves it.
APP = """
from fastapi import FastAPI
from starlette.applications import Starlette

app = FastAPI()


@app.get("/ok")
async def ok():
    return [type(vars(kind)["__call__"]).__name__ for kind in (FastAPI, Starlette)]


@app.get("/boom")
async def boom():
    return 1 // 0
"""


def served(server: Server) -> Server:
    """Answer a request and one that raises, and end."""
    assert server.ready().get("/ok").status_code == 200
    server.provoke()
    server.stop()
    return server


def said(output: str) -> list[str]:
    """Return the lines that are ours."""
    return [line for line in output.splitlines() if line.startswith("sentry-asgi-autoconf:")]


@pytest.mark.parametrize(("module", "kind"), CLASSES.items())
def test_who_serves_an_app_of_a_framework_is_told_once_and_the_app_is_served_as_without_us(
    module: str, kind: str, start: Start, project: Project
) -> None:
    with_us = served(start([*ACME, f"{module}:app"], INFO))
    without = served(start([*ACME, f"{module}:app"], ALONE, bootstrap=False))
    (line,) = said(with_us.output)
    assert f"acme_server.lifespan serves {kind}, and has no adapter" in line
    assert line.endswith("[unknown-server]")
    assert comparable(with_us.output.replace(line, "")) - {""} == comparable(without.output) - {""}
    assert project.items() == []


@pytest.mark.parametrize(
    "environ",
    [
        {"SENTRY_ASGI_LOG_LEVEL": ""},
        {"SENTRY_ASGI_LOG_LEVEL": "warning"},
        {"SENTRY_ASGI_ENABLED": "false"},
        {"SENTRY_DSN": ""},
    ],
)
def test_nothing_is_said_to_who_does_not_ask_or_where_nothing_could_be_sent(
    environ: dict[str, str], start: Start
) -> None:
    server = served(start([*ACME, "fastapi_app:app"], {**INFO, **environ}))
    assert said(server.output) == []


@pytest.mark.parametrize("command", [ACME, [sys.executable, "-m", "uvicorn", "--port", "0"]])
@pytest.mark.parametrize("before", ["", "import uvicorn", "import fastapi\nimport uvicorn"])
def test_the_framework_is_left_as_it_was_once_it_is_known_who_serves(
    before: str, command: list[str], start: Start, tmp_path: Path
) -> None:
    (tmp_path / "shop.py").write_text(before + APP)
    server = start([*command, "shop:app"], INFO, cwd=tmp_path).ready()
    kinds = server.get("/ok").json()
    server.stop()
    is_known = command is not ACME
    assert len([line for line in said(server.output) if line.endswith("[unknown-server]")]) == (not is_known)
    assert kinds == ["function"] * 2


@pytest.mark.parametrize(("level", "lines"), [("info", 1), ("warning", 0)])
def test_a_framework_that_was_imported_before_the_bootstrap_ran_is_watched_as_well(
    level: str, lines: int, start: Start
) -> None:
    first = [sys.executable, "imported_first.py", str(BOOTSTRAP), "fastapi.applications"]
    environ = {**ALONE, "SENTRY_ASGI_LOG_LEVEL": level}
    server = served(start([*first, "acme_server", "fastapi_app:app"], environ, bootstrap=False))
    assert len(said(server.output)) == lines


INIT = 'import sentry_sdk\nsentry_sdk.init("{dsn}")\n'


@pytest.mark.parametrize("template", ["{init}{app}", "{app}{init}"], ids=["init first", "init last"])
def test_an_app_that_initialises_the_sdk_itself_reports_as_ever(
    template: str, start: Start, project: Project, tmp_path: Path
) -> None:
    init = INIT.format(dsn=project.dsn)
    (tmp_path / "shop.py").write_text(template.format(init=init, app=APP))
    with_us = served(start([*ACME, "shop:app"], INFO, cwd=tmp_path))
    assert len(said(with_us.output)) <= 1
    (event,) = project.wait("event")
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    assert [frame["module"] for frame in frames if "autoconf" in frame["module"]] == []


# A server of one function, which knows no lifespan, and an app with a middleware of its own around it.
TINY = {
    "shop.py": f"""{APP}
def within(inner):
    async def middleware(scope, receive, send):
        await inner(scope, receive, send)
    return middleware
""",
    "tiny.py": """
import asyncio
import sys

import shop


async def send(message):
    print(message.get("status", ""), end="")


async def serve(app, create):
    scope = {"type": "http", "method": "GET", "path": "/ok", "headers": [], "query_string": b""}
    served = app(scope, asyncio.Queue().get, send)
    await (asyncio.create_task(served) if create else served)


app = shop.app if sys.argv[1] == "plain" else shop.within(shop.app)
asyncio.run(serve(app, sys.argv[2] == "task"))
""",
}


@pytest.mark.parametrize("app", ["plain", "wrapped"])
@pytest.mark.parametrize("way", ["awaited", "task"])
def test_it_is_the_server_that_is_named(app: str, way: str, start: Start, tmp_path: Path) -> None:
    for name, text in TINY.items():
        (tmp_path / name).write_text(text)
    server = start([sys.executable, "-m", "tiny", app, way], INFO, cwd=tmp_path)
    assert server.wait() == 0
    (line,) = said(server.output)
    # Of a task that the app's own middleware begins in nothing else is known.
    expected = "shop" if (app, way) == ("wrapped", "task") else "tiny"
    assert f"sentry-asgi-autoconf: {expected} serves fastapi.applications.FastAPI" in line
    assert "200" in server.stdout


CLIENTS = {
    "starlette": """
from starlette.testclient import TestClient
from starlette_app import app
with TestClient(app) as client:
    print(client.get("/ok").status_code)
""",
    "httpx": """
import asyncio, httpx
from fastapi_app import app
async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        print((await client.get("/ok")).status_code)
asyncio.run(main())
""",
    "asgiref": """
import asyncio
from asgiref.testing import ApplicationCommunicator
from django_app import app
async def main():
    scope = {"type": "http", "method": "GET", "path": "/ok", "headers": [], "query_string": b""}
    communicator = ApplicationCommunicator(app, scope)
    await communicator.send_input({"type": "http.request", "body": b""})
    print((await communicator.receive_output())["status"])
asyncio.run(main())
""",
    "litestar": """
from litestar.testing import TestClient
from litestar_app import app
with TestClient(app) as client:
    print(client.get("/ok").status_code)
""",
    "quart": """
import asyncio
from quart_app import app
async def main():
    async with app.test_app() as running:
        print((await running.test_client().get("/ok")).status_code)
asyncio.run(main())
""",
    "unittest": """
import asyncio, sys, unittest
from fastapi_app import app
class Test(unittest.TestCase):
    def test(self):
        async def send(message):
            print(message.get("status", ""), end="")
        scope = {"type": "http", "method": "GET", "path": "/ok", "headers": [], "query_string": b""}
        asyncio.run(app(scope, asyncio.Queue().get, send))
        print()
unittest.main(testRunner=unittest.TextTestRunner(stream=sys.stdout, verbosity=0))
""",
}


@pytest.mark.parametrize("code", CLIENTS.values(), ids=CLIENTS)
def test_clients_in_the_app_s_own_process_are_no_servers(code: str) -> None:
    environ = environment({**INFO, "SENTRY_DSN": "http://key@127.0.0.1:9/1"})
    result = run(code, environ)
    assert result.stdout.startswith("200\n")
    assert said(result.stderr) == []


class Thing:
    async def __call__(self, number: int) -> int:
        return number + 1


def test_a_watched_class_looks_as_ever_and_is_as_ever_afterwards() -> None:
    original, noticed = vars(Thing)["__call__"], []
    watched = WatchedCall(Thing, lambda *arguments: noticed.append(arguments))
    thing: Any = Thing()
    watched.begin()
    assert Thing.__call__ is original
    assert inspect.iscoroutinefunction(thing.__call__)
    assert thing.__call__.__name__ == "__call__"
    assert thing.__call__.__self__ is thing
    assert noticed == []
    coroutine = thing(1)
    assert coroutine.cr_code is original.__code__
    coroutine.close()
    assert noticed == [(thing, 1)]
    watched.end()
    assert vars(Thing)["__call__"] is original


def test_a_patch_that_holds_a_watched_class_s_call_still_works_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Patch:
        """As wrapt patches: what stands in the class's namespace is taken, and bound for each call."""

        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def __get__(self, instance: Any, kind: Any) -> Any:
            return self.inner.__get__(instance, kind)

    monkeypatch.setattr(Thing, "__call__", vars(Thing)["__call__"])
    noticed: list[Any] = []
    watched = WatchedCall(Thing, lambda *arguments: noticed.append(arguments))
    watched.begin()
    patch = Patch(vars(Thing)["__call__"])
    Thing.__call__ = patch  # type: ignore[method-assign, assignment] # what is tested
    watched.end()
    assert vars(Thing)["__call__"] is patch
    Thing()(1).close()
    assert noticed == []


def test_a_failure_of_ours_costs_a_line_and_no_call(capsys: pytest.CaptureFixture[str]) -> None:
    watched = WatchedCall(Thing, lambda *arguments: 1 // 0)  # type: ignore[arg-type] # fails before
    watched.begin()
    try:
        Thing()(1).close()
    finally:
        watched.end()
    (line,) = said(capsys.readouterr().err)
    assert line.endswith("[unexpected-error]")
