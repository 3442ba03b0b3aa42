"""Say one line to the operator, on stderr, never on stdout."""

from __future__ import annotations

import json
import os
import re
import sys
from contextlib import suppress
from typing import Any

LEVELS = ("debug", "info", "warning", "error")


def shows(level: str) -> bool:
    """Whether `level` reaches SENTRY_ASGI_LOG_LEVEL."""
    threshold = os.environ.get("SENTRY_ASGI_LOG_LEVEL", "").strip().lower()
    return LEVELS.index(level) >= LEVELS.index(threshold if threshold in LEVELS else "warning")


def say(level: str, text: object) -> None:
    """Write `text` on one line if `level` is shown, and if there is a stderr that takes it."""
    if shows(level):
        line = " ".join(str(text).split())
        with suppress(AttributeError, OSError, ValueError):  # None, broken, closed
            # One write, so that the lines of several workers do not mix.
            sys.stderr.write(f"sentry-asgi-autoconf: {line}\n")
            sys.stderr.flush()


MASK = "***"

# From the first "://" to the last "@": a password may hold "/", "@", commas and blanks.
_CREDENTIALS = r"(?s)(:(?:\\?/){2}).*@"
# Keys of DSNs (32 hexadecimal digits) and Sentry's auth tokens, pasted where they do not belong;
# 40 digits are a commit's.
_KEYS = r"(?<![0-9a-fA-F])(?![0-9a-fA-F]{40}(?![0-9a-fA-F]))[0-9a-fA-F]{32,}|sntry[a-z]_[\w.+/=-]+"


def mask(text: str) -> str:
    """Replace what looks like credentials: `scheme://user:password@`, keys, auth tokens."""
    return re.sub(_KEYS, MASK, re.sub(_CREDENTIALS, r"\1" + MASK + "@", text))


def printable(text: str, limit: int = 60) -> str:
    """Return `text` masked, cut to `limit` characters, control characters escaped."""
    masked = _shortened(mask(text), limit)
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in masked)


def shown(value: object, limit: int = 60) -> str:
    """Return a setting's value for a message: text in quotes, anything else as JSON; masked and cut."""
    if isinstance(value, str):
        return repr(_shortened(mask(value), limit))
    if hasattr(value, "isoformat"):
        return _as_text(value)
    return printable(json.dumps(value, default=_as_text, ensure_ascii=False), limit)


def _as_text(value: Any) -> str:
    """Return what JSON has no form for: TOML's dates and times as they are written there."""
    return str(value.isoformat()) if hasattr(value, "isoformat") else repr(value)


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
