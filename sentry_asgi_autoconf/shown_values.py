"""Show foreign values in messages: secrets masked, shortened, on one printable line."""

from __future__ import annotations

import json
import re
from typing import Any

MASK = "***"

# From the first "://" to the last "@": a password may hold "/", "@", commas and blanks.
_CREDENTIALS = re.compile(r"(:(?:\\?/){2}).*@", re.DOTALL)
# Keys of DSNs (32 hexadecimal digits) and Sentry's auth tokens, pasted where they do not belong;
# 40 digits are a commit's.
_KEYS = re.compile(
    r"(?<![0-9a-fA-F])(?![0-9a-fA-F]{40}(?![0-9a-fA-F]))[0-9a-fA-F]{32,}|sntry[a-z]_[\w.+/=-]+"
)


def mask(text: str) -> str:
    """Replace what looks like credentials: `scheme://user:password@`, keys, auth tokens."""
    return _KEYS.sub(MASK, _CREDENTIALS.sub(r"\1" + MASK + "@", text))


def printable(text: str, limit: int = 60) -> str:
    """Give `text` masked, cut to `limit` characters, control characters escaped."""
    masked = _shortened(mask(text), limit)
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in masked)


def shown(value: object, limit: int = 60) -> str:
    """Give a setting's value for a message: text in quotes, anything else as JSON; masked and cut."""
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
