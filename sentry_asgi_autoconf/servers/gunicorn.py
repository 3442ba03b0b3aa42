"""Join gunicorn to the runtime: its own ASGI worker, and the loading of apps for any ASGI worker class."""

from __future__ import annotations

from types import ModuleType
from typing import Any, Generator

from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.server import AdapterRuntime

# Modules of worker classes whose apps are ASGI apps → the server that serves in them.
_ASGI_WORKERS = {
    "gunicorn.workers.gasgi": "gunicorn",
    "uvicorn.workers": "uvicorn",
    "uvicorn_worker._workers": "uvicorn",
    "hypercorn.workers": "hypercorn",
}


def join_worker(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Wrap the app that gunicorn's own ASGI worker has loaded."""
    server = runtime.server("gunicorn", error_loggers=["gunicorn.error"])

    def load_wsgi(call: Call) -> Generator[None, Any, None]:
        yield
        worker = call.instance
        server.wrap_attribute(worker, "asgi", name=getattr(worker.app, "app_uri", None))

    server.around(module.ASGIWorker, "load_wsgi", load_wsgi)


def join_application(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise before an app is loaded for ASGI workers: in the worker, with `--preload` in the master."""

    def wsgi(call: Call) -> Generator[None, Any, None]:
        application = call.instance
        modules = (base.__module__ for base in application.cfg.worker_class.__mro__)
        serving = next((_ASGI_WORKERS[name] for name in modules if name in _ASGI_WORKERS), None)
        if application.callable is not None or serving is None:
            return
        server = runtime.server(serving, error_loggers=["gunicorn.error"])
        with server.loading(getattr(application, "app_uri", None)) as loading:
            loading.loaded((yield))
        if application.cfg.preload_app:
            server.deactivate(only_starts_others=True)

    runtime.server("gunicorn").around(module.BaseApplication, "wsgi", wsgi)
