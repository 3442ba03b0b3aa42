"""The table of servers and of the ways of starting them, which the matrix tests and the documentation shows."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping

BIN = Path(sys.executable).parent

# What is served → module with an `app`, and whether by hand it needs SentryAsgiMiddleware.
KINDS: dict[str, tuple[str, bool]] = {
    "ASGI 3": ("raw3", True),
    "ASGI 2": ("raw2_early", True),
    "FastAPI": ("fastapi_app", False),
    "Django": ("django_app", False),
    "no lifespan": ("raw3_no_lifespan", True),
    "Litestar": ("litestar_app", False),
    "Quart": ("quart_app", False),
}
ASGI_3 = ("ASGI 3", "FastAPI", "Django", "no lifespan")
ASGI_2_TOO = ("ASGI 3", "ASGI 2", "FastAPI", "Django", "no lifespan")


@dataclass(frozen=True)
class Mode:
    """One way of starting a server.

    `command` has the fields {app} (an import string), {module}, {port}, {socket}, {key}, {certificate} and
    {bootstrap}; a first word without a slash is a script of the environment. `serving` processes serve, `preparing`
    ones more are initialised but serve nothing.
    """

    server: str
    name: str
    command: str
    kinds: tuple[str, ...] = ASGI_3
    serving: int = 1
    preparing: int = 0
    transport: str = "tcp"
    environ: Mapping[str, str] = field(default_factory=dict)
    bootstrap_by_path: bool = True
    websocket: bool = True
    own_baseline: bool = False

    def words(self, **fields: str) -> list[str]:
        """Return the command line."""
        first, *others = shlex.split(self.command.format(**fields))
        return [sys.executable if first == "python" else str(BIN / first), *others]


def _modes(server: str, kinds: tuple[str, ...], *modes: tuple[str, str, dict[str, object]]) -> list[Mode]:
    return [Mode(server, name, command, **{"kinds": kinds, **more}) for name, command, more in modes]  # type: ignore[arg-type] # fields of Mode


_TLS: dict[str, object] = {"transport": "https"}
_HTTP_2: dict[str, object] = {"transport": "http/2"}
_UNIX: dict[str, object] = {"transport": "unix"}
# Without us too, a websocket that ends may take the whole server down there, now and then.
_TRIO: dict[str, object] = {
    "kinds": ("ASGI 3", "FastAPI", "no lifespan"),
    "websocket": False,
    "own_baseline": True,
}
_BY_FACTORY: dict[str, object] = {"environ": {"FACTORY_OF": "{module}"}}
_FIRST: dict[str, object] = {"bootstrap_by_path": False}

MODES: list[Mode] = [
    *_modes(
        "uvicorn",
        ASGI_2_TOO,
        ("uvicorn", "uvicorn --port {port} {app}", {}),
        ("python -m uvicorn", "python -m uvicorn --port {port} {app}", {}),
        ("--workers 2", "uvicorn --port {port} --workers 2 {app}", {"serving": 2}),
        ("--reload", "uvicorn --port {port} --reload {app}", {}),
        ("--factory", "uvicorn --port {port} --factory factory:create_app", _BY_FACTORY),
        ("uvicorn.run(object)", "python serve_by_code.py uvicorn_run_object {app} {port}", {}),
        ("uvicorn.run(string)", "python serve_by_code.py uvicorn_run_string {app} {port}", {}),
        (
            "uvicorn.run(workers=2)",
            "python serve_by_code.py uvicorn_run_workers {app} {port}",
            {"serving": 2},
        ),
        ("Server(Config)", "python serve_by_code.py uvicorn_server {app} {port}", {}),
        (
            "processes of one's own, fork",
            "python serve_by_code.py own_processes_fork {app} {port}",
            {"serving": 2},
        ),
        ("… spawn", "python serve_by_code.py own_processes_spawn {app} {port}", {"serving": 2}),
        ("… forkserver", "python serve_by_code.py own_processes_forkserver {app} {port}", {"serving": 2}),
        ("--uds", "uvicorn --uds {socket} {app}", _UNIX),
        ("TLS", "uvicorn --port {port} --ssl-keyfile {key} --ssl-certfile {certificate} {app}", _TLS),
        (
            "TLS, HTTP/2",
            "uvicorn --port {port} --http zttp --http2 --ssl-keyfile {key} --ssl-certfile {certificate} {app}",
            # With Django it never answers, without us neither.
            {**_HTTP_2, "kinds": ("ASGI 3", "ASGI 2", "FastAPI", "no lifespan")},
        ),
        (
            "imported before the bootstrap ran",
            "python imported_first.py {bootstrap} uvicorn.config,uvicorn.server uvicorn --port {port} {app}",
            _FIRST,
        ),
        ("fastapi run", "fastapi run --port {port} {module}.py", {"kinds": ("FastAPI",)}),
        ("fastapi dev", "fastapi dev --port {port} {module}.py", {"kinds": ("FastAPI",)}),
        (
            "litestar run",
            "litestar --app {app} run --port {port}",
            {"kinds": ("Litestar",), "own_baseline": True},
        ),
    ),
    *_modes(
        "hypercorn",
        ASGI_3,
        ("hypercorn", "hypercorn -b 127.0.0.1:{port} {app}", {}),
        ("python -m hypercorn", "python -m hypercorn -b 127.0.0.1:{port} {app}", {}),
        ("-k uvloop", "hypercorn -k uvloop -b 127.0.0.1:{port} {app}", {}),
        (
            "-k trio",
            "hypercorn -k trio -b 127.0.0.1:{port} {app}",
            _TRIO,
        ),
        ("-w 0", "hypercorn -w 0 -b 127.0.0.1:{port} {app}", {}),
        ("-w 2", "hypercorn -w 2 -b 127.0.0.1:{port} {app}", {"serving": 2}),
        ("--reload", "hypercorn --reload -b 127.0.0.1:{port} {app}", {}),
        ("factory", "hypercorn -b 127.0.0.1:{port} factory:create_app()", _BY_FACTORY),
        ("asyncio serve(object)", "python serve_by_code.py hypercorn_asyncio_serve {app} {port}", {}),
        (
            "trio serve(object)",
            "python serve_by_code.py hypercorn_trio_serve {app} {port}",
            _TRIO,
        ),
        ("run(string)", "python serve_by_code.py hypercorn_run {app} {port}", {}),
        ("unix socket", "hypercorn -b unix:{socket} {app}", _UNIX),
        (
            "TLS, HTTP/2",
            "hypercorn -b 127.0.0.1:{port} --keyfile {key} --certfile {certificate} {app}",
            _HTTP_2,
        ),
        (
            "imported before the bootstrap ran",
            "python imported_first.py {bootstrap} hypercorn.asyncio.run,hypercorn.asyncio hypercorn -w 0"
            " -b 127.0.0.1:{port} {app}",
            _FIRST,
        ),
        (
            "quart run",
            "quart --app {app} run --port {port}",
            {"kinds": ("Quart",), "own_baseline": True, "websocket": False},
        ),
    ),
    *_modes(
        "anycorn",
        ASGI_3,
        ("anycorn", "anycorn -b 127.0.0.1:{port} {app}", {}),
        ("python -m anycorn", "python -m anycorn -b 127.0.0.1:{port} {app}", {}),
        ("-k trio", "anycorn -k trio -b 127.0.0.1:{port} {app}", _TRIO),
        ("-w 0", "anycorn -w 0 -b 127.0.0.1:{port} {app}", {}),
        ("-w 2", "anycorn -w 2 -b 127.0.0.1:{port} {app}", {"serving": 2}),
        ("--reload", "anycorn --reload -b 127.0.0.1:{port} {app}", {}),
        ("factory", "anycorn -b 127.0.0.1:{port} factory:create_app()", _BY_FACTORY),
        ("asyncio serve(object)", "python serve_by_code.py anycorn_asyncio_serve {app} {port}", {}),
        ("trio serve(object)", "python serve_by_code.py anycorn_trio_serve {app} {port}", _TRIO),
        ("run(string)", "python serve_by_code.py anycorn_run {app} {port}", {}),
        # Without us too, asyncio logs an error as a websocket ends there, which the SDK makes an event of.
        ("unix socket", "anycorn -b unix:{socket} {app}", {**_UNIX, "websocket": False}),
        (
            "TLS, HTTP/2",
            "anycorn -b 127.0.0.1:{port} --keyfile {key} --certfile {certificate} {app}",
            _HTTP_2,
        ),
        (
            "imported before the bootstrap ran",
            "python imported_first.py {bootstrap} anycorn.run,anycorn anycorn -w 0 -b 127.0.0.1:{port} {app}",
            _FIRST,
        ),
    ),
    *_modes(
        "daphne",
        ASGI_2_TOO,
        ("daphne", "daphne -p {port} {app}", {}),
        ("python -m daphne", "python -m daphne -p {port} {app}", {}),
        ("Server(object)", "python serve_by_code.py daphne_server {app} {port}", {"kinds": ASGI_3}),
        ("-u", "daphne -u {socket} {app}", _UNIX),
        (
            "TLS, HTTP/2",
            "daphne -e ssl:{port}:privateKey={key}:certKey={certificate}:interface=127.0.0.1 {app}",
            _HTTP_2,
        ),
        (
            "imported before the bootstrap ran",
            "python imported_first.py {bootstrap} daphne.cli,daphne.server daphne -p {port} {app}",
            _FIRST,
        ),
        (
            "manage.py runserver",
            "python manage.py runserver {port}",
            {"kinds": ("Django",), "own_baseline": True},
        ),
        (
            "manage.py runserver --noreload",
            "python manage.py runserver --noreload {port}",
            {"kinds": ("Django",), "own_baseline": True},
        ),
    ),
    *_modes(
        "granian",
        ASGI_3,
        ("granian --interface asgi", "granian --interface asgi --port {port} {app}", {}),
        ("--interface asginl", "granian --interface asginl --port {port} {app}", {}),
        ("python -m granian", "python -m granian --interface asgi --port {port} {app}", {}),
        ("--workers 2", "granian --interface asgi --workers 2 --port {port} {app}", {"serving": 2}),
        ("--runtime-mode mt", "granian --interface asgi --runtime-mode mt --port {port} {app}", {}),
        ("--reload", "granian --interface asgi --reload --port {port} {app}", {}),
        ("--factory", "granian --interface asgi --factory --port {port} factory:create_app", _BY_FACTORY),
        ("Granian(string)", "python serve_by_code.py granian_string {app} {port}", {}),
        ("… spawned, 2 workers", "python serve_by_code.py granian_spawned {app} {port}", {"serving": 2}),
        ("… under forkserver", "python serve_by_code.py granian_forkserver {app} {port}", {}),
        ("embedded Server(object)", "python serve_by_code.py granian_embedded {app} {port}", {}),
        ("--uds", "granian --interface asgi --uds {socket} {app}", _UNIX),
        (
            "TLS, HTTP/2",
            "granian --interface asgi --port {port} --ssl-keyfile {key} --ssl-certificate {certificate} {app}",
            _HTTP_2,
        ),
        (
            "imported before the bootstrap ran",
            "python imported_first.py {bootstrap} granian,granian.server granian --interface asgi --port {port} {app}",
            _FIRST,
        ),
    ),
    *_modes(
        "gunicorn",
        ASGI_3,
        ("gunicorn -k asgi", "gunicorn -k asgi -b 127.0.0.1:{port} {app}", {}),
        ("python -m gunicorn -k asgi", "python -m gunicorn -k asgi -b 127.0.0.1:{port} {app}", {}),
        ("--workers 2", "gunicorn -k asgi --workers 2 -b 127.0.0.1:{port} {app}", {"serving": 2}),
        ("--preload", "gunicorn -k asgi --preload -b 127.0.0.1:{port} {app}", {"preparing": 1}),
        ("--reload", "gunicorn -k asgi --reload -b 127.0.0.1:{port} {app}", {}),
        ("factory", "gunicorn -k asgi -b 127.0.0.1:{port} factory:create_app()", _BY_FACTORY),
        ("BaseApplication", "python serve_by_code.py gunicorn_application {app} {port}", {}),
        ("unix socket", "gunicorn -k asgi -b unix:{socket} {app}", _UNIX),
        (
            "TLS",
            "gunicorn -k asgi -b 127.0.0.1:{port} --keyfile {key} --certfile {certificate} {app}",
            _TLS,
        ),
        (
            "imported before the bootstrap ran",
            "python imported_first.py {bootstrap} gunicorn.app.base,gunicorn.workers.gasgi gunicorn -k asgi"
            " -b 127.0.0.1:{port} {app}",
            _FIRST,
        ),
    ),
    *_modes(
        "gunicorn with uvicorn's worker",
        ASGI_2_TOO,
        (
            "-k uvicorn_worker.UvicornWorker",
            "gunicorn -k uvicorn_worker.UvicornWorker -b 127.0.0.1:{port} {app}",
            {},
        ),
        (
            "--workers 2",
            "gunicorn -k uvicorn_worker.UvicornWorker --workers 2 -b 127.0.0.1:{port} {app}",
            {"serving": 2},
        ),
        (
            "--preload",
            "gunicorn -k uvicorn_worker.UvicornWorker --preload -b 127.0.0.1:{port} {app}",
            {"preparing": 1},
        ),
    ),
]
