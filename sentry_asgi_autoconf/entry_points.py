"""Find what installed distributions declare for us: server adapters, policies, configurators."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

SERVERS = "sentry_asgi_autoconf.servers"
POLICIES = "sentry_asgi_autoconf.policies"
CONFIGURATORS = "sentry_asgi_autoconf.configurators"
_GROUPS = (SERVERS, POLICIES, CONFIGURATORS)


class _Found(NamedTuple):
    points: list[Any]
    malformed: bool


# By search path: reading the metadata of all distributions takes tens of milliseconds.
_known: dict[tuple[str, ...], _Found] = {}


def in_group(group: str) -> list[Any]:
    """Return the entry points of a group by their names, not loaded yet.

    Policies and configurators of one name are in the order of their distributions' names and versions. A distribution
    with malformed metadata is left out.
    """
    return [point for point in _declared().points if point.group == group]


def unreadable(group: str) -> list[str]:
    """Name the distributions whose metadata is malformed and mentions `group`."""
    if not _declared().malformed:
        return []
    return sorted(
        {
            str(distribution.metadata["Name"])
            for distribution in metadata.distributions()
            if _declared_by(distribution) is None and _mentions(distribution, group)
        }
    )


def _declared() -> _Found:
    path = tuple(sys.path)
    if path not in _known:
        _known.clear()
        _known[path] = _read()
    return _known[path]


def _read() -> _Found:
    if hasattr(metadata, "EntryPoints"):
        try:
            points = [point for group in _GROUPS for point in metadata.entry_points(group=group)]
            return _Found(sorted(points, key=lambda point: _rank(point, getattr(point, "dist", None))), False)
        except (TypeError, ValueError):
            # Another distribution's metadata is malformed, which must not cost our own adapters.
            pass
    return _read_each()


def _read_each() -> _Found:
    """Read one distribution after the other; of several by one name on the path, the first is the one that counts."""
    points, malformed = [], False
    for distribution in metadata.distributions():
        declared = _declared_by(distribution)
        malformed = malformed or declared is None
        if declared:
            first = _first_of_its_name(distribution)
            points += [(_rank(point, first), point) for point in _declared_by(first) or ()]
    points.sort(key=lambda ranked: ranked[0])
    return _Found(list(dict.fromkeys(point for _, point in points)), malformed)


def _rank(point: Any, distribution: Any) -> tuple[str, ...]:
    """Return what entry points are ordered by: as the machine lists them, each might have an order of its own."""
    if point.group == SERVERS:  # all of which are called, and whose metadata need not be read for that
        return (point.name,)
    try:
        return point.name, str(distribution.metadata["Name"]).lower(), str(distribution.version)
    except (AttributeError, KeyError, TypeError, ValueError):  # metadata that is malformed, or missing
        return (point.name,)


def _declared_by(distribution: Any) -> list[Any] | None:
    """Return what a distribution declares for us; None if its metadata is malformed."""
    try:
        return [point for point in distribution.entry_points if point.group in _GROUPS]
    except _malformed():
        return None


def _malformed() -> tuple[type[Exception], ...]:
    """Return what is raised for a malformed file; old readers parse it with configparser, which new ones go without."""
    parser: Any = sys.modules.get("configparser")
    return (TypeError, ValueError, parser.Error) if parser else (TypeError, ValueError)


def _first_of_its_name(distribution: Any) -> Any:
    try:
        return metadata.distribution(distribution.metadata["Name"])
    except (TypeError, ValueError, ImportError):  # it says no name, or none that is found
        return distribution


def _mentions(distribution: Any, group: str) -> bool:
    try:
        return group in (distribution.read_text("entry_points.txt") or "")
    except UnicodeDecodeError:
        declaring = (file for file in distribution.files or () if file.name == "entry_points.txt")
        return any(group.encode() in file.read_binary() for file in declaring)


def first_installed(*names: str) -> str:
    """Give the first of these distributions that is installed, the first of all if none has metadata."""
    return next((name for name in names if version_of(name) != "unknown"), names[0])


def version_of(name: str) -> str:
    """Give the version of an installed distribution, "unknown" without its metadata."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "unknown"


if TYPE_CHECKING or sys.version_info >= (3, 10):
    # On a newer Python the backport would change the host process's finders.
    from importlib import metadata
elif sys.version_info >= (3, 8):
    from importlib import metadata

    def _has_recent_backport() -> bool:
        """Whether there is one that selects entry points; one that is older is not even imported."""
        try:
            return int(metadata.version("importlib-metadata").partition(".")[0]) >= 4
        except (metadata.PackageNotFoundError, AttributeError, ValueError):  # not installed, or not wholly
            return False

    if _has_recent_backport():
        with suppress(AttributeError, ImportError, SyntaxError, TypeError):  # or it is broken itself
            import importlib_metadata as metadata
else:
    import importlib_metadata as metadata

__all__ = ["metadata"]
