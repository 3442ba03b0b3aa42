"""Find what installed distributions declare for us: server adapters, policies, configurators."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple

if TYPE_CHECKING or sys.version_info >= (3, 10):
    from importlib.metadata import PackageNotFoundError, distributions, entry_points, version
else:
    # Only here: on a newer Python the backport would change the host process's finders.
    from importlib_metadata import PackageNotFoundError, distributions, entry_points, version

SERVERS = "sentry_asgi_autoconf.servers"
POLICIES = "sentry_asgi_autoconf.policies"
CONFIGURATORS = "sentry_asgi_autoconf.configurators"


class _Found(NamedTuple):
    points: list[Any]
    malformed: bool


# By search path: reading the metadata of all distributions takes tens of milliseconds.
_known: dict[tuple[str, ...], _Found] = {}


def in_group(group: str) -> list[Any]:
    """Give the entry points of a group, not loaded yet; a distribution with malformed metadata is left out."""
    return [point for point in _declared().points if point.group == group]


def unreadable(group: str) -> list[str]:
    """Name the distributions whose metadata is malformed and mentions `group`."""
    if not _declared().malformed:
        return []
    return sorted(
        {
            str(distribution.metadata["Name"])
            for distribution in distributions()
            if next(_declared_by(distribution), None) is None and _mentions(distribution, group)
        }
    )


def _declared() -> _Found:
    path = tuple(sys.path)
    if path not in _known:
        _known.clear()
        _known[path] = _read()
    return _known[path]


def _read() -> _Found:
    ours = (SERVERS, POLICIES, CONFIGURATORS)
    try:
        found = entry_points()
        return _Found([point for group in ours for point in found.select(group=group)], False)
    except (TypeError, ValueError):
        # Another distribution's metadata is malformed, which must not cost our own adapters.
        declared = (point for distribution in distributions() for point in _declared_by(distribution))
        return _Found(list(dict.fromkeys(point for point in declared if point.group in ours)), True)


def _declared_by(distribution: Any) -> Iterator[Any]:
    try:
        yield from distribution.entry_points
    except (TypeError, ValueError):
        return


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
        return version(name)
    except PackageNotFoundError:
        return "unknown"
