"""Group errors as Sentry does: by their fingerprint, else by types and frames, else by their message."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from sentry_asgi_autoconf.inbox.errors import frames_of, title
from sentry_asgi_autoconf.inbox.tolerant import mapping, sequence, text

_DEFAULT = re.compile(r"\{\{\s*default\s*\}\}")
# What differs between two occurrences of one message: ids, addresses, moments, numbers.
_VARYING = re.compile(
    r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b0x[0-9a-f]+\b|\b(?=[a-z]*\d)[0-9a-f]{8,}\b|\d+(?:[.:,-]\d+)*",
    re.IGNORECASE,
)
# A line of source longer than this is not one that a person wrote.
_LONGEST_LINE = 120
_LONGEST_MESSAGE = 2000


def group_of(event: dict[str, Any]) -> str:
    """Return what the events of one issue have in common and no others have: sixteen hexadecimal digits."""
    given = event.get("fingerprint")
    parts = [text(part) for part in given] if isinstance(given, list) else []
    joined = [_default(event) if _DEFAULT.fullmatch(part) else part for part in parts or ["{{ default }}"]]
    return hashlib.sha256(json.dumps(joined).encode()).hexdigest()[:16]


def _default(event: dict[str, Any]) -> list[Any]:
    raised = [mapping(value) for value in sequence(event.get("exception"))]
    if raised:
        return [_of_exception(value) for value in raised]
    frames = _of_frames(frames_of(event))
    # The text before its parameters were filled in is what the messages of one place have in common.
    template = text(mapping(event, "logentry").get("message"))
    return frames or [_VARYING.sub("#", (template or title(event))[:_LONGEST_MESSAGE])]


def _of_exception(value: dict[str, Any]) -> list[Any]:
    named = "" if mapping(value, "mechanism").get("synthetic") else text(value.get("type"))
    frames = _of_frames(sequence(mapping(value, "stacktrace").get("frames")))
    return [named, frames or _VARYING.sub("#", text(value.get("value"))[:_LONGEST_MESSAGE])]


def _of_frames(raw: list[Any]) -> list[list[str]]:
    """Return the app's own frames, or all if none is, without line numbers: code above them may change."""
    frames = [mapping(frame) for frame in raw]
    own = [frame for frame in frames if frame.get("in_app") is not False]
    return [_of_frame(frame) for frame in own or frames]


def _of_frame(frame: dict[str, Any]) -> list[str]:
    line = text(frame.get("context_line")).strip()
    where = text(frame.get("module")) or text(frame.get("filename"))
    return [where, text(frame.get("function")), line if len(line) <= _LONGEST_LINE else ""]
