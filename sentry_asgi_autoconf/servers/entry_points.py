"""Find the adapters that installed distributions declare for a trigger module."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING or sys.version_info >= (3, 10):
    from importlib.metadata import PackageNotFoundError, distribution, entry_points, version
else:
    # Only here: on a newer Python the backport would change the host process's finders.
    from importlib_metadata import PackageNotFoundError, distribution, entry_points, version

GROUP = "sentry_asgi_autoconf.servers"


def for_trigger(module_name: str) -> list[Any]:
    """Give the entry points whose name is `module_name`, not loaded yet."""
    try:
        return list(entry_points(group=GROUP, name=module_name))
    except (TypeError, ValueError):
        # Another distribution's metadata is malformed, which must not cost our own adapters.
        own = distribution("sentry-asgi-autoconf").entry_points
        return [found for found in own if (found.group, found.name) == (GROUP, module_name)]


def first_installed(*names: str) -> str:
    """Give the first of these distributions that is installed, the first of all if none has metadata."""
    return next((name for name in names if version_of(name) != "unknown"), names[0])


def version_of(name: str) -> str:
    """Give the version of an installed distribution, "unknown" without its metadata."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "unknown"
