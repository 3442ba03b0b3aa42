"""Initialise before `fastapi run` and `litestar run` import the app, which is before uvicorn loads it.

A command that only starts the processes that will serve initialises nothing.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, Generator

from sentry_asgi_autoconf.servers.patching import Call
from sentry_asgi_autoconf.servers.server import AdapterRuntime


def join_fastapi(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise ahead of the command, which imports the app to find its name."""
    server = runtime.server("uvicorn")

    def run(call: Call) -> Generator[None, Any, None]:
        workers = call.argument("workers", None) or os.environ.get("WEB_CONCURRENCY") or 1
        if not call.argument("reload", None) and str(workers) == "1":
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


# With these litestar serves in a process that it starts: `python -m uvicorn`.
_ELSEWHERE = ("-r", "-R", "-I", "-E", "--reload", "-W", "--wc", "--web-concurrency")
_VARIABLES = (
    *("LITESTAR_RELOAD", "LITESTAR_RELOAD_DIRS", "LITESTAR_RELOAD_INCLUDES", "LITESTAR_RELOAD_EXCLUDES"),
    *("LITESTAR_WEB_CONCURRENCY", "WEB_CONCURRENCY"),
)


def join_litestar(module: ModuleType, runtime: AdapterRuntime) -> None:
    """Initialise ahead of the command, unless it is another than `run`."""
    server = runtime.server("uvicorn")

    def from_env(call: Call) -> Generator[None, Any, None]:
        if _litestar_serves_itself(sys.argv[1:]):
            path, directory = call.argument("app_path"), call.argument("app_dir", None)
            server.prepare(path, directories=[str(directory or Path.cwd())])
            with server.loading(path):
                yield

    server.around(module.LitestarEnv, "from_env", from_env)


def _litestar_serves_itself(arguments: list[str]) -> bool:
    if "run" not in arguments or any(map(os.environ.get, _VARIABLES)):
        return False
    return not any(argument.startswith(_ELSEWHERE) for argument in arguments[arguments.index("run") :])
