"""Group errors into issues as Sentry does, and count the events of each, also those that are no longer kept."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from sentry_asgi_autoconf.inbox.errors import frames_of, title
from sentry_asgi_autoconf.inbox.tolerant import mapping, sequence, text

BARS = 24
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


class Trend:
    """How many there were in each of equal parts of the time since the first; a part is as long as need be."""

    def __init__(self, start: float, width: float = 1.0, bars: list[int] | None = None) -> None:
        """Begin at `start` (seconds since 1970) with parts of `width` seconds."""
        self.start, self.width = start, width
        self.bars = bars or [0] * BARS

    def add(self, at: float) -> None:
        """Count one more; parts are joined in pairs until the last reaches to `at`."""
        while at >= self.start + self.width * BARS:
            joined = [sum(self.bars[position : position + 2]) for position in range(0, BARS, 2)]
            self.bars, self.width = joined + [0] * (BARS - len(joined)), self.width * 2
        self.bars[max(0, int((at - self.start) / self.width))] += 1


class Issue:
    """What is known of the events of one group: how many there were, and when."""

    def __init__(self, group: str, at: float) -> None:
        """Begin with no event; the first comes at `at`."""
        self.group, self.count, self.first, self.last = group, 0, at, at
        self.trend = Trend(at)

    def add(self, at: float) -> None:
        """Count an event that arrived at `at`."""
        self.count += 1
        self.last = max(self.last, at)
        self.trend.add(at)

    def dump(self) -> str:
        """Return all of it as a text."""
        trend = [self.trend.start, self.trend.width, self.trend.bars]
        return json.dumps([self.count, self.first, self.last, trend])

    @classmethod
    def load(cls, group: str, dumped: str) -> Issue:
        """Return the issue of which `dump` has made a text."""
        issue = cls(group, 0.0)
        trend: Any
        issue.count, issue.first, issue.last, trend = json.loads(dumped)
        issue.trend = Trend(*trend)
        return issue


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
