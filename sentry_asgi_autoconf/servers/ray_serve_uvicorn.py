"""Leave uvicorn alone where it serves the apps of Ray itself, and where it runs the lifespan of a replica's app."""

from __future__ import annotations

import importlib
import inspect
import sys
from types import MethodType
from typing import TYPE_CHECKING, Any, Callable

if TYPE_CHECKING:
    from sentry_asgi_autoconf.serving import Server


def leave_alone(server: Server) -> None:
    """Have each `Config` that Ray Serve itself makes load its app as it would without us."""

    def construct(original: Callable[..., None], self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        # Two frames up is who makes it; releases of Ray do so in modules of several names.
        if sys._getframe(2).f_globals.get("__name__", "").startswith("ray.serve."):
            _forget_patches(self)

    server.replace(importlib.import_module("uvicorn.config").Config, "__init__", construct)


def _forget_patches(config: Any) -> None:
    for name in ("load", "load_app"):
        patched = getattr(type(config), name, None)
        if patched is not None:
            setattr(config, name, MethodType(inspect.unwrap(patched), config))
