"""Count the events of each issue, those that are no longer kept too, with the first, the last and a trend."""

from __future__ import annotations

import json
from typing import Any

BARS = 24


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
