"""Notice signals that ask this process to end, for one that has something to end first."""

from __future__ import annotations

import signal
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class AskedToEnd:
    """Remember a signal in place of being ended by it, until the context is left."""

    def __init__(self) -> None:
        """Begin unasked."""
        self.by: int | None = None
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> AskedToEnd:
        """Put the handlers in place."""
        self._previous = {number: signal.signal(number, self._remember) for number in _SIGNALS}
        return self

    def __exit__(self, *failure: object) -> None:
        """Put those back that were there."""
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _remember(self, number: int, frame: FrameType | None) -> None:
        self.by = number
