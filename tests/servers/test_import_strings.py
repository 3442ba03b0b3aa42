"""Import strings lead to modules beside the app wherever the app itself is found, and `config` says the same."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Callable

import pytest

from tests.cli.explained import explain
from tests.harness.envelopes import Project
from tests.harness.served import Served
from tests.harness.server import APPS, ROOT, Server, free_port

BIN = Path(sys.executable).parent
HOOK = """
def before_send(event, hint):
    event.setdefault("tags", {})["seen by"] = "a module beside the app"
    return event
"""
# The apps and the hook lie in the directory `shop`. Command → where it is started.
COMMANDS = {
    "uvicorn --port {port} raw3:app": "shop",
    "uvicorn --port {port} --app-dir shop raw3:app": ".",
    "gunicorn -k asgi -b 127.0.0.1:{port} raw3:app": "shop",
    "gunicorn -k asgi -b 127.0.0.1:{port} --chdir shop raw3:app": ".",
    "gunicorn -k uvicorn_worker.UvicornWorker -b 127.0.0.1:{port} raw3:app": "shop",
    "hypercorn -b 127.0.0.1:{port} raw3:app": "shop",
    "hypercorn -w 0 -b 127.0.0.1:{port} shop/raw3:app": ".",
    "anycorn -b 127.0.0.1:{port} raw3:app": "shop",
    "anycorn -w 0 -b 127.0.0.1:{port} shop/raw3:app": ".",
    "daphne -p {port} raw3:app": "shop",
    "granian --interface asgi --port {port} raw3:app": "shop",
    "granian --interface asgi --port {port} shop/raw3.py:app": ".",
    "granian --interface asgi --port {port} --working-dir shop raw3:app": ".",
    "fastapi run --port {port} fastapi_app.py": "shop",
    "fastapi run --port {port} shop/fastapi_app.py": ".",
    "litestar --app litestar_app:app run --port {port}": "shop",
    "litestar --app-dir shop --app litestar_app:app run --port {port}": ".",
    "quart --app quart_app:app run --port {port}": "shop",
    "quart --app shop/quart_app:app run --port {port}": ".",
}


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Make a directory with apps, their hook, and a policy that enforces it."""
    shop = tmp_path / "shop"
    shop.mkdir()
    for name in ("raw3", "fastapi_app", "litestar_app", "quart_app"):
        shutil.copy(APPS / f"{name}.py", shop)
    (shop / "shop_hooks.py").write_text(HOOK)
    (tmp_path / "policy.toml").write_text("[enforced]\nbefore_send = 'shop_hooks:before_send'\n")
    return tmp_path


@pytest.mark.parametrize(("command", "where"), COMMANDS.items(), ids=COMMANDS.keys())
def test_a_hook_beside_the_app_is_found(
    command: str, where: str, directory: Path, start: Callable[..., Server], project: Project
) -> None:
    environ = {
        "SENTRY_ASGI_POLICY": str(directory / "policy.toml"),
        "SENTRY_INTEGRATIONS": "shop_hooks:nothing",
    }
    port = free_port()
    script, *others = command.format(port=port).split()
    served = Served(start, [str(BIN / script), *others], port, environ=environ, cwd=directory / where)
    with served.client() as client:
        assert client.get("/boom").status_code == 500
    served.server.stop()
    output = served.server.output
    assert "module shop_hooks" not in output
    (event,) = project.wait("event")
    assert event["tags"]["seen by"] == "a module beside the app"
    assert "shop_hooks has no attribute nothing" in output
    explained = explain(cwd=directory / "shop", environ={**environ, "PYTHONPATH": str(ROOT)})
    (problem,) = explained["problems"]
    assert problem["message"] in output
