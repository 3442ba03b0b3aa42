"""The installed servers: whether there is an adapter for each, and whether its release is one that it supports."""

from __future__ import annotations

import os
from typing import Any, Iterator, Mapping

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.cli.checks.distributions import is_older
from sentry_asgi_autoconf.cli.checks.finding import Finding, error, ok, warning

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
_WITHOUT = (
    "caddysnake",
    "fastpysgi",
    "h2corn",
    "palfrey",
    "pyvoy",
    "robyn",
    "saltare",
    "tigrcorn",
    "tremolo",
)


def findings() -> Iterator[Finding]:
    """Look at the servers of this environment."""
    installed = {name: entry_points.version_of(name) for name in (*OLDEST, *_WITHOUT)}
    installed = {name: version for name, version in installed.items() if version != "unknown"}
    old = [name for name in installed if name in OLDEST and is_older(installed[name], OLDEST[name])]
    good = [f"{name} {installed[name]}" for name in installed if name in OLDEST and name not in old]
    third_parties = [point for point in _points() if not _is_built_in(point)]
    if good:
        yield ok("servers", ", ".join(good))
    elif not old and not third_parties:
        yield error(
            "no-server",
            "No server that has an adapter is installed for this interpreter: run the check of the environment that"
            " serves.",
        )
    for name in old:
        said = warning if good else error
        yield said(
            "server-too-old",
            f"{name} {installed[name]} is older than {OLDEST[name]}, and is not instrumented: upgrade it.",
        )
    for name in installed:
        if name in _WITHOUT:
            yield warning(
                "no-adapter", f"{name} {installed[name]} has no adapter: what it serves is not instrumented."
            )
    for point in third_parties:
        if _is_watched(point, os.environ):
            yield ok("adapter", f"{point.value} joins {point.name}")
    yield from unwatched(os.environ)


def unwatched(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Name the third parties' adapters whose trigger a bootstrap with this environment does not know."""
    for point in _points():
        if not (_is_built_in(point) or _is_watched(point, environ)):
            yield error(
                "trigger-unwatched",
                f"The adapter {point.value} is installed, but SENTRY_ASGI_WATCH does not name {point.name}: the"
                " bootstrap does not know of it. Add it there, or start the server with `sentry-asgi-autoconf run`.",
            )


def _is_watched(point: Any, environ: Mapping[str, str]) -> bool:
    watched = [name.strip() for name in environ.get("SENTRY_ASGI_WATCH", "").split(",")]
    return point.name in [*watched, *(other.name for other in _points() if _is_built_in(other))]


def _points() -> list[Any]:
    return entry_points.in_group(entry_points.SERVERS)


def _is_built_in(point: Any) -> bool:
    return str(point.value).startswith("sentry_asgi_autoconf.")
