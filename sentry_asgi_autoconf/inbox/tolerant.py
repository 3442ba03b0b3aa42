"""Read fields of payloads that may have any shape: clients differ, and a broken event must still be shown."""

from __future__ import annotations

import contextlib
import json
import math
import time
from datetime import datetime, timezone
from typing import Any, Dict

# As the JSON API returns it: id, project, type, headers, envelope, received, auth, payload.
Item = Dict[str, Any]
# What a template shows, by the names that it has there.
Shown = Dict[str, Any]


def mapping(value: Any, *keys: str) -> dict[str, Any]:
    """Return `value`, or what lies in it below `keys`, if it is a mapping, else an empty one."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def sequence(value: Any) -> list[Any]:
    """Return a list, also from Sentry's `{"values": [...]}`; anything else is an empty one."""
    if isinstance(value, dict):
        value = value.get("values")
    return value if isinstance(value, list) else []


def pairs(value: Any) -> list[tuple[str, Any]]:
    """Return name and value pairs from a mapping or from a list of pairs, the protocol's two forms."""
    if isinstance(value, dict):
        return [(text(name), item) for name, item in value.items()]
    if isinstance(value, list):
        return [(text(entry[0]), entry[1]) for entry in value if isinstance(entry, list) and len(entry) == 2]
    return []


def text(value: Any) -> str:
    """Return `value` as a person would read it; None and empty are an empty text."""
    if value is None or isinstance(value, str):
        return value or ""
    try:
        return json.dumps(value, ensure_ascii=False, default=repr)
    except (ValueError, RecursionError):
        return "…"


def number(value: Any) -> float | None:
    """Return a finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    with contextlib.suppress(OverflowError):
        return float(value) if math.isfinite(value) else None
    return None


def moment(value: Any) -> float | None:
    """Return seconds since 1970 from a number or an ISO text (UTC where it names no zone), or None."""
    if not isinstance(value, str):
        return number(value)
    try:
        parsed = datetime.fromisoformat(value.replace("Z", "+00:00"))
        return (parsed if parsed.tzinfo else parsed.replace(tzinfo=timezone.utc)).timestamp()
    except (ValueError, OverflowError):
        return None


def clock(value: Any, form: str = "%H:%M:%S") -> str:
    """Return the local time of day of a moment, or an empty text for none or an impossible one."""
    seconds = moment(value)
    with contextlib.suppress(ValueError, OverflowError, OSError):
        if seconds is not None:
            return datetime.fromtimestamp(seconds, timezone.utc).astimezone().strftime(form)
    return ""


def duration(seconds: float | None) -> str:
    """Return a duration in the unit that keeps it short."""
    if seconds is None:
        return ""
    size = abs(seconds)
    if size >= 1:
        return f"{seconds / 60:.1f} min" if size >= 60 else f"{seconds:.2f} s"
    digits = 0 if size >= 0.0995 else 1 if size >= 0.00995 else 2
    return f"{seconds * 1e3:.{digits}f} ms"


def ago(seconds: float) -> str:
    """Return how long before now a moment was, in the largest unit."""
    passed = max(0.0, time.time() - seconds)
    units = ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))
    for size, unit in units:
        count = int(passed / size)
        if count:
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
