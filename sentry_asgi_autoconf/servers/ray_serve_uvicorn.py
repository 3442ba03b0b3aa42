"""Leave uvicorn alone where it serves the apps of Ray itself, and where it runs the lifespan of a replica's app."""

from __future__ import annotations

import importlib
import sys
from types import FrameType, MethodType
from typing import TYPE_CHECKING, Any, Generator

from sentry_asgi_autoconf import seams

if TYPE_CHECKING:
    from sentry_asgi_autoconf.seams import Call
    from sentry_asgi_autoconf.serving import Server


def leave_alone(server: Server) -> None:
    """Have each `Config` that Ray Serve itself makes load its app as it would without us."""

    def construct(call: Call) -> Generator[None, Any, None]:
        # Releases of Ray make it in modules of several names.
        is_rays_own = _caller().startswith("ray.serve.")
        yield
        if is_rays_own:
            _forget_patches(call.instance)

    server.around(importlib.import_module("uvicorn.config").Config, "__init__", construct)


def _caller() -> str:
    """Name the module that calls the server's function around which this runs."""
    frame = sys._getframe(1)
    while frame.f_back and _module_of(frame).startswith("sentry_asgi_autoconf."):
        frame = frame.f_back
    return _module_of(frame)


def _module_of(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _forget_patches(config: Any) -> None:
    for name in ("load", "load_app"):
        patched = getattr(type(config), name, None)
        own = seams.original_of(patched)
        if own is not patched:
            setattr(config, name, MethodType(own, config))
