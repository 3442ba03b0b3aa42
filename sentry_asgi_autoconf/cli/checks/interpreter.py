"""The interpreter that runs the check: its options, and whether it is the one that a virtual environment means."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Iterator

from sentry_asgi_autoconf.cli.checks.finding import Finding, error, ok, warning

# By option, in the order in which they matter: the first implies the second.
OPTIONS = {
    "I": ("isolated-interpreter", "ignores PYTHONPATH, and so the bootstrap"),
    "E": ("environment-ignored", "ignores PYTHONPATH, and so the bootstrap"),
    "S": ("no-site", "does not import site, and so runs no sitecustomize"),
}


def findings() -> Iterator[Finding]:
    """Look at the interpreter."""
    version = ".".join(map(str, sys.version_info[:3]))
    option = next((each for each in OPTIONS if each in _options()), None)
    if option is None:
        yield ok("interpreter", f"Python {version}, {sys.executable}")
    else:
        slug, what = OPTIONS[option]
        yield error(
            slug, f"Python {version} was started with -{option}: it {what}. Start it without that option."
        )
    if getattr(sys.flags, "safe_path", False):
        yield warning(
            "safe-path",
            "PYTHONSAFEPATH (or -P) keeps the working directory off the path: apps, and hooks that settings name,"
            " are found only where they are installed.",
        )
    yield from _virtual_environment()


def _options() -> str:
    flags = {"I": sys.flags.isolated, "E": sys.flags.ignore_environment, "S": sys.flags.no_site}
    return "".join(option for option, is_set in flags.items() if is_set)


def _virtual_environment() -> Iterator[Finding]:
    named = os.environ.get("VIRTUAL_ENV", "").strip()
    if not named or os.path.realpath(named) == os.path.realpath(sys.prefix):
        return
    what = f"VIRTUAL_ENV is {named}, but this check runs in {sys.prefix}"
    if _has_sdk(named):
        yield warning("other-virtualenv", f"{what}: run the check of the environment that serves.")
    else:
        yield error(
            "other-virtualenv",
            f"{what}; a server of the former has no sentry-sdk. Install the package there.",
        )


def _has_sdk(environment: str) -> bool:
    try:
        return any(
            next(Path(environment).glob(f"{packages}/sentry_sdk"), None)
            for packages in ("lib/python*/site-packages", "Lib/site-packages")
        )
    except (OSError, ValueError):
        return False
