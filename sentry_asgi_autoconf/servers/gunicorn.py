"""Join gunicorn to the runtime: its own ASGI worker, and the loading of apps for any ASGI worker class."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.runtime import Runtime

# Worker classes, and modules that have no others, whose apps are ASGI apps.
_ASGI_WORKER = ("gunicorn.workers.gasgi", "uvicorn.workers", "uvicorn_worker._workers", "hypercorn.workers")


def join_worker(module: ModuleType, runtime: Runtime) -> None:
    """Wrap the app that gunicorn's own ASGI worker has loaded."""
    server = runtime.server("gunicorn", error_loggers=["gunicorn.error"])

    def load_wsgi(original: Callable[..., Any], self: Any) -> None:
        original(self)
        server.wrap_attribute(self, "asgi", name=getattr(self.app, "app_uri", None))

    server.replace(module.ASGIWorker, "load_wsgi", load_wsgi)


def join_application(module: ModuleType, runtime: Runtime) -> None:
    """Initialise before an app is loaded for ASGI workers: in the worker, with `--preload` also in the master."""
    server = runtime.server("gunicorn", error_loggers=["gunicorn.error"])

    def wsgi(original: Callable[..., Any], self: Any) -> Any:
        if self.callable is not None or not server.attempt(lambda: _serves_asgi(self.cfg), False):
            return original(self)
        with server.loading(getattr(self, "app_uri", None)):
            return original(self)

    server.replace(module.BaseApplication, "wsgi", wsgi)


def _serves_asgi(config: Any) -> bool:
    return any(base.__module__ in _ASGI_WORKER for base in config.worker_class.__mro__)
