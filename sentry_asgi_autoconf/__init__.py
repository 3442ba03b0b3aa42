"""Zero-code Sentry for every ASGI app that a server in this environment serves."""

from __future__ import annotations

__version__ = "0.1.0"
__all__ = ["activate", "wrap"]


def __getattr__(name: str) -> object:
    """Import the public functions when they are first asked for: the bootstrap may cost an idle process nothing."""
    if name in __all__:
        from sentry_asgi_autoconf import runtime

        return getattr(runtime, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
