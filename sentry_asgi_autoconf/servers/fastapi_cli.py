"""Initialise before `fastapi run` imports the app to find its name, which is before uvicorn loads it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.runtime import Runtime


def join(module: ModuleType, runtime: Runtime) -> None:
    """Initialise ahead of the command, unless it only starts the processes that will serve."""
    server = runtime.server("uvicorn")

    def run(original: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if _serves_itself(kwargs):
            server.prepare()
        return original(*args, **kwargs)

    server.replace(module, "_run", run)


def _serves_itself(arguments: dict[str, Any]) -> bool:
    workers = arguments.get("workers") or os.environ.get("WEB_CONCURRENCY") or 1
    return not arguments.get("reload") and str(workers) == "1"
