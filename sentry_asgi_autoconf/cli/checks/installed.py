"""What is installed beside this package: the SDK, frameworks, and servers with their adapters; in which release."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import sys
from typing import Any, Iterator, Mapping

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.cli.checks.findings import Finding, error, ok, warning
from sentry_asgi_autoconf.cli.run import third_party_adapters
from sentry_asgi_autoconf.import_strings import described

_FRAMEWORKS = ("django", "fastapi", "litestar", "quart", "sanic", "starlette")
# Distributions that serve, or hand an app to what does, and their oldest release that is supported.
OLDEST = {
    "a2wsgi": "1.10",
    "anycorn": "0.17.0",  # 0.16 fails at every second request by itself
    "azure-functions": "1.21",
    "daphne": "3.0.0",
    "granian": "1.0.2",
    "gunicorn": "20.1",  # its own ASGI worker came with 24
    "hypercorn": "0.14.0",
    "mangum": "0.17",
    "modal": "1.0",
    "nonecorn": "0.17.3",
    "ray": "2.9",
    "socketify": "0.0.31",
    "uvicorn": "0.20.0",
    "uvicorn-worker": "0.2.0",
    "zappa": "0.62.0",
}
# Servers that have no adapter.
_OTHERS = ("caddysnake", "fastpysgi", "h2corn", "palfrey", "pyvoy", "robyn", "saltare", "tigrcorn", "tremolo")


def find_needed() -> Iterator[Finding]:
    """Look at what this package needs, and the frameworks; an error here means that settings cannot be read."""
    yield _find_sdk()
    if not _built_in_triggers():
        yield error(
            "no-metadata",
            "The metadata of sentry-asgi-autoconf is not on the path, so no server has an adapter: install it with"
            " pip (--target does, too) instead of copying its files.",
        )
    frameworks = [f"{name} {version}" for name, version in _versions(*_FRAMEWORKS).items()]
    if frameworks:
        yield ok("frameworks", ", ".join(frameworks))


def find_servers() -> Iterator[Finding]:
    """Look at the servers of this environment: whether each has an adapter that supports its release."""
    installed = _versions(*OLDEST)
    old = [name for name, version in installed.items() if _is_older(version, OLDEST[name])]
    good = [f"{name} {version}" for name, version in installed.items() if name not in old]
    adapters = third_party_adapters()
    if good:
        yield ok("servers", ", ".join(good))
    elif not old and not adapters:
        yield error(
            "no-server",
            "No server that has an adapter is installed for this interpreter: run the check in the environment of"
            " the server.",
        )
    for name in old:
        text = f"{name} {installed[name]} is older than {OLDEST[name]}, and is not instrumented: upgrade it."
        yield warning("server-too-old", text) if good else error("server-too-old", text)
    for name, version in _versions(*_OTHERS).items():
        yield warning("no-adapter", f"{name} {version} has no adapter: what it serves is not instrumented.")
    for point in adapters:
        if _is_watched(point, os.environ):
            yield ok("adapter", f"{point.value} joins {point.name}")
    yield from find_unwatched(os.environ)


def find_unwatched(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Name the third parties' adapters whose trigger a bootstrap with this environment does not know."""
    for point in third_party_adapters():
        if not _is_watched(point, environ):
            yield error(
                "trigger-unwatched",
                f"The adapter {point.value} is installed, but SENTRY_ASGI_WATCH does not name {point.name}: the"
                " bootstrap does not know of it. Add it there, or start the server with `sentry-asgi-autoconf run`.",
            )


def _find_sdk() -> Finding:
    found = importlib.util.find_spec("sentry_sdk")
    if found is None:
        return error(
            "missing-dependency",
            f"sentry-sdk is not installed for {sys.executable}: pip install 'sentry-sdk>=2.0.1'.",
        )
    version = entry_points.version_of("sentry-sdk")
    if _is_older(version, "2.0.1"):
        return error(
            "sdk-too-old",
            f"sentry-sdk {version} is older than 2.0.1, and the app is served without Sentry:"
            " pip install 'sentry-sdk>=2.0.1'.",
        )
    try:
        importlib.import_module("sentry_asgi_autoconf.sdk")  # tests that it is the SDK, and new enough
    except ImportError as failure:
        return error(
            "unusable-dependency",
            f"sentry_sdk in {found.origin} cannot be used ({described(failure)}): it was installed for another Python,"
            " or a file of that name hides it.",
        )
    return ok("dependencies", f"sentry-sdk {version}")


def _versions(*distributions: str) -> dict[str, str]:
    """Return the versions of those that are installed."""
    found = {name: entry_points.version_of(name) for name in distributions}
    return {name: version for name, version in found.items() if version != "unknown"}


def _is_older(version: str, than: str) -> bool:
    """Whether a release comes before another; one of unknown version does not."""
    return bool(_numbers(version)) and _numbers(version) < _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found.group().split("."))) if found else ()


def _is_watched(adapter: Any, environ: Mapping[str, str]) -> bool:
    watched = [name.strip() for name in environ.get("SENTRY_ASGI_WATCH", "").split(",")]
    return adapter.name in watched or adapter.name in _built_in_triggers()


def _built_in_triggers() -> set[str]:
    third_party = third_party_adapters()
    return {point.name for point in entry_points.in_group(entry_points.SERVERS) if point not in third_party}
