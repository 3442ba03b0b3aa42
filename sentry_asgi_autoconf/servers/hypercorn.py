"""Join hypercorn, and its forks nonecorn and anycorn, to the runtime: `worker_serve`, in the process that serves.

The command line, `serve()`, `quart run` and gunicorn's hypercorn workers come through here. `-w 1` and more serve in
spawned children; a parent with `--reload` loads the app too, but never serves it.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any, Generator

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.server import AdapterRuntime

# What is imported → the distributions that it may be of.
_DISTRIBUTIONS = {"hypercorn": ("hypercorn", "nonecorn"), "anycorn": ("anycorn",)}

# What anyio logs of a client that leaves before its connection is secure: a scan, a check of the port.
_REPEATS = {"anycorn": [("anyio.streams.tls", "Error during TLS handshake")]}


def join(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before a worker loads its app, wrap the app when it serves, flush when it has served."""
    package = module.__name__.partition(".")[0]
    names = _DISTRIBUTIONS[package]
    installed = (name for name in names if entry_points.version_of(name) != "unknown")
    repeats = _REPEATS.get(package, [])
    server = runtime.server(next(installed, names[0]), error_loggers=[f"{package}.error"], repeats=repeats)
    # anycorn's parent loads the app through the same function as its workers do.
    is_worker = not hasattr(module, "anyio_worker")

    def anyio_worker(call: Call) -> Generator[None, Any, None]:
        nonlocal is_worker
        is_worker = True
        yield

    def load_application(call: Call) -> Generator[None, Any, None]:
        path = call.argument("path")
        if not is_worker or str(path).startswith("wsgi:"):
            return
        server.prepare(path, directories=[_directory_of(path)])
        with server.loading(path):
            app = yield
        if not _is_asgi(app):
            server.deactivate()

    def worker_serve(call: Call) -> Generator[None, Any, None]:
        app = call.argument("app")
        if not _is_asgi(app):
            return
        server.wrap_attribute(app, "app", name=getattr(call.argument("config"), "application_path", None))
        # The parent of several workers terminates the others as soon as the first has ended.
        server.flush_on_termination()
        try:
            yield
        finally:
            server.flush()

    server.around(module, "load_application", load_application)
    server.around(module, "worker_serve", worker_serve)
    if not is_worker:
        server.around(module, "anyio_worker", anyio_worker)


def _directory_of(path: str) -> str:
    """Return what is put on the import path for `package.module:app`, `asgi:module:app` or `directory/module:app`."""
    module = path.split(":")[1] if path.count(":") == 2 else path.partition(":")[0]
    return str(Path(module).resolve().parent)


def _is_asgi(app: Any) -> bool:
    return type(app).__name__ == "ASGIWrapper"
