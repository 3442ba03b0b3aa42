"""Say one line to the operator, on stderr, never on stdout."""

from __future__ import annotations

import os
import sys

LEVELS = ("debug", "info", "warning", "error")


def shows(level: str) -> bool:
    """Whether `level` reaches SENTRY_ASGI_LOG_LEVEL."""
    threshold = os.environ.get("SENTRY_ASGI_LOG_LEVEL", "").strip().lower()
    return LEVELS.index(level) >= LEVELS.index(threshold if threshold in LEVELS else "warning")


def say(level: str, text: object) -> None:
    """Write `text` on one line if `level` is shown, and if there is a stderr that takes it."""
    if not shows(level):
        return
    line = " ".join(str(text).split())
    try:
        # One write, so that the lines of several workers do not mix.
        sys.stderr.write(f"sentry-asgi-autoconf: {line}\n")
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):  # None, broken, closed
        pass
