"""Initialise before `litestar run` imports its app, which is before uvicorn is called."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generator

if TYPE_CHECKING:
    from types import ModuleType

    from sentry_asgi_autoconf.runtime import Runtime
    from sentry_asgi_autoconf.seams import Call

# With these the command serves in a process that it starts: `python -m uvicorn`.
_ELSEWHERE = ("-r", "--reload", "-R", "--reload-dir", "-W", "--wc", "--web-concurrency", "--reload-include")
_ELSEWHERE_BY_ENVIRONMENT = (
    "LITESTAR_RELOAD",
    "LITESTAR_RELOAD_DIRS",
    "LITESTAR_WEB_CONCURRENCY",
    "WEB_CONCURRENCY",
)


def join(module: ModuleType, runtime: Runtime) -> None:
    """Initialise ahead of the command, unless it does something else or only starts the process that will serve."""
    server = runtime.server("uvicorn")

    def from_env(call: Call) -> Generator[None, Any, None]:
        if _serves_itself(sys.argv[1:]):
            path, directory = call.argument("app_path"), call.argument("app_dir", None)
            server.prepare(path, directories=[str(directory or Path.cwd())])
            with server.loading(path):
                yield

    server.around(module.LitestarEnv, "from_env", from_env)


def _serves_itself(arguments: list[str]) -> bool:
    if "run" not in arguments or any(os.environ.get(name) for name in _ELSEWHERE_BY_ENVIRONMENT):
        return False
    return not any(argument.startswith(_ELSEWHERE) for argument in arguments[arguments.index("run") :])
