"""gunicorn's worker classes that serve ASGI apps, each known by the module of its class."""

from __future__ import annotations

import importlib.util
from typing import Callable

import pytest

from sentry_asgi_autoconf.servers import gunicorn
from tests.harness.envelopes import Project
from tests.harness.served import Served, command
from tests.harness.server import Server, free_port

Start = Callable[..., Server]

WORKERS = {
    "gunicorn.workers.gasgi": "asgi",
    "uvicorn.workers": "uvicorn.workers.UvicornWorker",
    "uvicorn_worker._workers": "uvicorn_worker.UvicornWorker",
}


def test_these_are_all_but_one_of_an_older_hypercorn() -> None:
    assert {*WORKERS, "hypercorn.workers"} == set(gunicorn._ASGI_WORKERS)


@pytest.mark.parametrize(("module", "worker"), WORKERS.items())
def test_an_app_in_each_of_them_reports(module: str, worker: str, start: Start, project: Project) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"this uvicorn has no {module} any more")
    port = free_port()
    words = [worker if word == "asgi" else word for word in command("gunicorn", "raw3:app", port)]
    with Served(start, words, port).client() as client:
        assert client.get("/boom").status_code == 500
    (event,) = project.wait("event")
    assert event["contexts"]["asgi_server"]["name"] == gunicorn._ASGI_WORKERS[module]
