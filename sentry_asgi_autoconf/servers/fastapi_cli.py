"""Initialise before `fastapi run` imports the app to find its name, which is before uvicorn loads it."""

from __future__ import annotations

import functools
import os
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.runtime import Runtime


def join(module: ModuleType, runtime: Runtime) -> None:
    """Initialise ahead of the command, unless it only starts the processes that will serve."""
    original = runtime.need(module, "_run", "fastapi-cli")

    @functools.wraps(original)
    def run(*args: Any, **kwargs: Any) -> Any:
        if _serves_itself(kwargs):
            runtime.activate()
        return original(*args, **kwargs)

    module._run = run  # type: ignore[attr-defined] # a module of another distribution


def _serves_itself(arguments: dict[str, Any]) -> bool:
    workers = arguments.get("workers") or os.environ.get("WEB_CONCURRENCY") or 1
    return not arguments.get("reload") and str(workers) == "1"
