"""Initialise before `fastapi run` imports the app to find its name, which is before uvicorn loads it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generator

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.runtime import Runtime
    from sentry_asgi_autoconf.seams import Call


def join(module: ModuleType, runtime: Runtime) -> None:
    """Initialise ahead of the command, unless it only starts the processes that will serve."""
    server = runtime.server("uvicorn")

    def run(call: Call) -> Generator[None, Any, None]:
        if _serves_itself(call):
            server.prepare(directories=_directories(call.argument("path", None)))
        yield

    server.around(module, "_run", run)


def _directories(path: Path | None) -> list[str]:
    """Return the directories that may be put on the import path: that of the app's file, and the working one."""
    from fastapi_cli import discover

    with contextlib.suppress(Exception):  # there is no app, which the command itself will tell
        found = discover.get_module_data_from_path(path or discover.get_default_path())
        return [str(found.extra_sys_path), str(Path.cwd())]
    return []


def _serves_itself(call: Call) -> bool:
    workers = call.argument("workers", None) or os.environ.get("WEB_CONCURRENCY") or 1
    return not call.argument("reload", None) and str(workers) == "1"
