"""Servers and apps that the settings name are left alone: served, and the SDK is not even imported."""

from __future__ import annotations

import shlex
import socket
import sys
from pathlib import Path
from typing import Callable

import httpx
import pytest

from tests.harness.envelopes import Project
from tests.harness.server import APPS, DEADLINE, Server, free_port, until

Start = Callable[..., Server]

# Its answer tells whether the SDK is imported.
SHOP = """
import sys


class App:
    async def __call__(self, scope, receive, send):
        assert scope["type"] == "http"
        if scope["path"] == "/boom":
            1 / 0
        body = b"sentry_sdk" if "sentry_sdk" in sys.modules else b"nothing"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})


def create_app():
    return App()


async def app(scope, receive, send):
    await App()(scope, receive, send)


application = app
"""
# The arguments are pairs of app and port; an app without a colon is the object of that module.
TOGETHER = """
import asyncio
import importlib
import sys

import uvicorn


async def main(words):
    apps = [name if ":" in name else importlib.import_module(name).app for name in words[::2]]
    configs = [uvicorn.Config(app, port=int(port)) for app, port in zip(apps, words[1::2])]
    await asyncio.gather(*(uvicorn.Server(config).serve() for config in configs))


asyncio.run(main(sys.argv[1:]))
"""

UVICORN = "-m uvicorn --port {port}"
HYPERCORN = "-m hypercorn -b 127.0.0.1:{port}"
ANYCORN = "-m anycorn -b 127.0.0.1:{port}"
GRANIAN = "-m granian --interface asgi --port {port}"
DAPHNE = "-m daphne -p {port}"
GUNICORN = "-m gunicorn -b 127.0.0.1:{port} -k asgi"
UVICORN_WORKER = "-m gunicorn -b 127.0.0.1:{port} -k uvicorn_worker.UvicornWorker"

# How a server is told of the app, and the name by which the operator knows it.
APPS_OF_SERVERS = [
    (f"{UVICORN} shop.main:app", "shop.main:app"),
    (f"{UVICORN} --factory shop.main:create_app", "shop.main:create_app"),
    (f"{UVICORN} shop.main:create_app", "shop.*:*"),
    ("together.py shop.main {port}", "*:application"),
    (f"{HYPERCORN} shop.main:app", "shop.main:app"),
    (f"{HYPERCORN} asgi:shop.main:app", "shop.main:*"),
    (f"{HYPERCORN} shop.main", "shop.main:app"),
    (f"{HYPERCORN} shop/main.py:app", "main:app"),
    (f"{HYPERCORN} asgi:shop/main.py:app", "shop.main:app"),
    (f"{HYPERCORN} shop.main:create_app()", "shop.main:create_app"),
    (f"{ANYCORN} asgi:shop.main:app", "shop.main:app"),
    (f"{ANYCORN} shop.main:create_app()", "shop.main:create_app"),
    (f"{GRANIAN} shop.main:app", "shop.main:app"),
    (f"{GRANIAN} shop/main.py:app", "shop.main:app"),
    (f"{GRANIAN} shop.main", "shop.main:app"),
    (f"{GRANIAN} --factory shop.main:create_app", "shop.main:create_app"),
    (f"{DAPHNE} shop.main:app", "shop.main:app"),
    (f"{GUNICORN} shop.main:app", "shop.main:app"),
    (f"{GUNICORN} shop.main", "shop.main:application"),
    (f"{GUNICORN} shop.main:create_app()", "shop.main:create_app()"),
    (f"{UVICORN_WORKER} shop.main:app", "shop.main:app"),
    (f"{UVICORN_WORKER} shop.main:create_app()", "shop.main:create_app"),
]
SERVERS = [
    (UVICORN, "Uvicorn"),
    (HYPERCORN, "daphne,HyperCorn"),
    (ANYCORN, "anycorn"),
    (GRANIAN, '["granian"]'),
    (DAPHNE, " daphne , ray"),
    (GUNICORN, "GUNICORN"),
    (UVICORN_WORKER, "uvicorn"),
]


class Serving:
    """A server on ports that it was given."""

    def __init__(self, start: Start, command: str, environ: dict[str, str], cwd: Path) -> None:
        self.ports = [free_port(), free_port()]
        words = shlex.split(command.format(port=self.ports[0], other_port=self.ports[1]))
        self.server = start([sys.executable, *words], environ, cwd=cwd)

    def get(self, path: str, *, of_other: bool = False) -> httpx.Response:
        """Request `path` of the first or the other app, once it is served."""
        port = self.ports[of_other]
        until(lambda: self._is_open(port), f"the server to listen, in {self.server.output!r}")
        with httpx.Client(timeout=DEADLINE, trust_env=False) as client:
            return client.get(f"http://127.0.0.1:{port}{path}")

    def _is_open(self, port: str) -> bool:
        assert self.server.process.poll() is None, self.server.output
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", int(port))) == 0

    def end(self) -> list[str]:
        """Stop the server, and give our lines."""
        self.server.stop()
        return [line for line in self.server.output.splitlines() if line.startswith("sentry-asgi-autoconf")]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return a directory with the package `shop`, other apps, and a script that serves several in one process."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "__init__.py").touch()
    (tmp_path / "shop" / "main.py").write_text(SHOP)
    (tmp_path / "together.py").write_text(TOGETHER)
    for name in ("raw3.py", "fastapi_app.py", "broken_import.py"):
        (tmp_path / name).write_text((APPS / name).read_text())
    return tmp_path


@pytest.mark.parametrize(("command", "name"), APPS_OF_SERVERS)
def test_an_excluded_app_is_left_alone_however_its_server_is_told_of_it(
    command: str, name: str, start: Start, project: Project, directory: Path
) -> None:
    environ = {"SENTRY_ASGI_EXCLUDED_APPS": f"other:app,{name}", "SENTRY_ASGI_LOG_LEVEL": "info"}
    serving = Serving(start, command, environ, directory)
    assert serving.get("/").text == "nothing"
    assert serving.get("/boom").status_code == 500
    (line,) = serving.end()
    assert line.endswith("is left alone, because of SENTRY_ASGI_EXCLUDED_APPS")
    assert project.items() == []


@pytest.mark.parametrize(("command", "names"), SERVERS)
def test_a_disabled_server_is_left_alone_however_its_name_is_spelled(
    command: str, names: str, start: Start, project: Project, directory: Path
) -> None:
    environ = {"SENTRY_ASGI_DISABLED_SERVERS": names, "SENTRY_ASGI_LOG_LEVEL": "info"}
    serving = Serving(start, f"{command} shop.main:app", environ, directory)
    assert serving.get("/").text == "nothing"
    assert serving.get("/boom").status_code == 500
    (line,) = serving.end()
    assert line.endswith("is left alone, because of SENTRY_ASGI_DISABLED_SERVERS")
    assert project.items() == []


@pytest.mark.parametrize(
    "environ",
    [{"SENTRY_ASGI_EXCLUDED_APPS": "shop.main:app"}, {"SENTRY_ASGI_DISABLED_SERVERS": "uvicorn"}],
    ids=["app", "server"],
)
def test_nothing_is_said_at_the_default_level(
    environ: dict[str, str], start: Start, project: Project, directory: Path
) -> None:
    serving = Serving(start, f"{UVICORN} shop.main:app", environ, directory)
    assert serving.get("/").text == "nothing"
    assert serving.end() == []


@pytest.mark.parametrize("command", [UVICORN, HYPERCORN, ANYCORN, GRANIAN, DAPHNE, GUNICORN, UVICORN_WORKER])
def test_another_app_in_the_same_environment_is_instrumented(
    command: str, start: Start, project: Project, directory: Path
) -> None:
    others = {"SENTRY_ASGI_EXCLUDED_APPS": "shop.main:*,raw3:admin,other.raw3:app"}
    others["SENTRY_ASGI_DISABLED_SERVERS"] = "uvicorn-worker,ray,hyper.corn"
    serving = Serving(start, f"{command} raw3:app", others, directory)
    assert serving.get("/boom").status_code == 500
    project.wait("event")
    project.wait("transaction")
    assert serving.end() == []


@pytest.mark.parametrize(
    "apps",
    [
        "shop.main {port} raw3 {other_port}",
        "shop.main:app {port} raw3:app {other_port}",
        "raw3:app {other_port} shop.main:create_app {port}",
    ],
)
def test_of_two_apps_in_one_process_one_is_left_alone(
    apps: str, start: Start, project: Project, directory: Path
) -> None:
    environ = {"SENTRY_ASGI_EXCLUDED_APPS": "shop.*:*", "SENTRY_ASGI_LOG_LEVEL": "info"}
    serving = Serving(start, f"together.py {apps}", environ, directory)
    assert serving.get("/boom", of_other=True).status_code == 500
    assert serving.get("/").status_code == 200
    assert serving.get("/ok", of_other=True).text == "ok"
    project.wait("transaction", 2)
    lines = serving.end()
    assert sum("is left alone" in line for line in lines) == 1
    assert sum("is instrumented by" in line for line in lines) == 1
    (event,) = [item["payload"] for item in project.items("event")]
    assert event["request"]["url"].endswith(f":{serving.ports[1]}/boom")
    assert len(project.items("transaction")) == 2


def test_what_the_command_line_of_a_framework_has_initialised_is_undone(
    start: Start, project: Project, directory: Path
) -> None:
    environ = {"SENTRY_ASGI_EXCLUDED_APPS": "fastapi_app:app"}
    serving = Serving(start, "-m fastapi run --port {port} fastapi_app.py", environ, directory)
    assert serving.get("/ok").status_code == 200
    assert serving.get("/boom").status_code == 500
    assert serving.end() == []
    assert project.items() == []


def test_an_excluded_app_that_cannot_be_imported_is_not_reported(
    start: Start, project: Project, directory: Path
) -> None:
    environ = {"SENTRY_ASGI_EXCLUDED_APPS": "broken_import:app"}
    serving = Serving(start, f"{UVICORN} broken_import:app", environ, directory)
    assert serving.server.wait() == 1
    assert "sentry-asgi-autoconf" not in serving.server.output
    assert project.items() == []


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SENTRY_ASGI_EXCLUDED_APPS", "raw3"),
        ("SENTRY_ASGI_EXCLUDED_APPS", "raw3:app,asgi:raw3:app"),
        ("SENTRY_ASGI_EXCLUDED_APPS", '["raw3:app"'),
        ("SENTRY_ASGI_DISABLED_SERVERS", "uvicorn,uvicorn workers"),
        ("SENTRY_ASGI_DISABLED_SERVERS", '{"uvicorn": true}'),
    ],
)
def test_a_value_that_is_not_allowed_leaves_nothing_out_and_costs_one_line(
    variable: str, value: str, start: Start, project: Project, directory: Path
) -> None:
    serving = Serving(start, f"{UVICORN} raw3:app", {variable: value}, directory)
    assert serving.get("/boom").status_code == 500
    project.wait("event")
    (line,) = serving.end()
    assert variable in line
    assert line.endswith("[invalid-setting]")
