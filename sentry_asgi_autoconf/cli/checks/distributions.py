"""What is installed beside this package: what it needs, in which release, and the frameworks that it knows."""

from __future__ import annotations

import importlib.util
import re
import sys
from typing import Any, Iterator

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.cli.checks.finding import Finding, error, ok
from sentry_asgi_autoconf.import_strings import described

FRAMEWORKS = ("django", "fastapi", "litestar", "quart", "sanic", "starlette")
# Distribution → module, first release that will do, the name of the finding that it is older.
_NEEDED = {
    "sentry-sdk": ("sentry_sdk", "2.0", "sdk-too-old"),
}


def findings() -> Iterator[Finding]:
    """Look at what is installed; an error here means that settings cannot be read."""
    for distribution in _NEEDED:
        yield _needed(distribution)
    if not any(point.value.startswith("sentry_asgi_autoconf.") for point in _adapters()):
        yield error(
            "no-metadata",
            "The metadata of sentry-asgi-autoconf is not on the path, so no server has an adapter: install it with"
            " pip (--target does, too) instead of copying its files.",
        )
    found = {name: entry_points.version_of(name) for name in FRAMEWORKS}
    known = [f"{name} {version}" for name, version in found.items() if version != "unknown"]
    if known:
        yield ok("frameworks", ", ".join(known))


def is_older(version: str, than: str) -> bool:
    """Whether a release comes before another; one of unknown version does not."""
    return bool(_numbers(version)) and _numbers(version) < _numbers(than)


def _needed(distribution: str) -> Finding:
    module, oldest, slug = _NEEDED[distribution]
    version = entry_points.version_of(distribution)
    python = sys.executable
    if importlib.util.find_spec(module) is None:
        return error(
            "missing-dependency",
            f"{distribution} is not installed for {python}: pip install '{distribution}>=2'.",
        )
    if is_older(version, oldest):
        return error(
            slug,
            f"{distribution} {version} is older than {oldest}, and the app is served without Sentry:"
            f" pip install '{distribution}>=2'.",
        )
    try:
        # Of the SDK, that it is one and new enough is tested there.
        importlib.import_module("sentry_asgi_autoconf.sdk" if module == "sentry_sdk" else module)
    except ImportError as failure:
        place = getattr(importlib.util.find_spec(module), "origin", None)
        return error(
            "unusable-dependency",
            f"{module} in {place} cannot be used ({described(failure)}): it was installed for another Python, or a"
            " file of that name hides it.",
        )
    return ok("dependencies", f"{distribution} {version}")


def _adapters() -> list[Any]:
    return entry_points.in_group(entry_points.SERVERS)


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found.group().split("."))) if found else ()
