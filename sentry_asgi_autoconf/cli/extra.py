"""Tell whether the packages of the extra `inbox` are there, before a command needs them."""

from __future__ import annotations

import importlib.util
import sys

from sentry_asgi_autoconf.exceptions import AutoconfError

PACKAGES = ("jinja2", "pygments", "rich", "starlette", "uvicorn")


class MissingExtraError(AutoconfError):
    """A command whose optional dependencies are not installed."""

    slug = "missing-extra"


def require_extra() -> None:
    """Raise MissingExtraError unless all packages of the extra can be imported."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"The inbox needs {', '.join(missing)}, which {sys.executable} does not have",
            remedy="Run: pip install 'sentry-asgi-autoconf[inbox]'",
        )
