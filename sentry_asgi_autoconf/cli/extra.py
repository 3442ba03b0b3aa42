"""Tell whether the packages of an extra are there, before a command needs them."""

from __future__ import annotations

import importlib.util
import sys

from sentry_asgi_autoconf.exceptions import AutoconfError

_PACKAGES = {"cli": ("dotenv", "rich"), "inbox": ("jinja2", "pygments", "rich", "starlette", "uvicorn")}


class MissingExtraError(AutoconfError):
    """A command whose optional dependencies are not installed."""

    slug = "missing-extra"


def require_extra(extra: str = "inbox", *, needed_by: str = "The inbox", otherwise: str = "") -> None:
    """Raise MissingExtraError unless all packages of the extra can be imported; `otherwise` names a way without."""
    missing = [name for name in _PACKAGES[extra] if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"{needed_by} needs {', '.join(missing)}, which {sys.executable} does not have",
            remedy=f"Run: pip install 'sentry-asgi-autoconf[{extra}]'{otherwise}",
        )
