"""What a server writes while it serves one request, without what differs between any two runs."""

from __future__ import annotations

import re
import time
from pathlib import Path

_VARIABLE = [
    (re.compile(r"127\.0\.0\.1(:|', )\d+"), "client"),
    (re.compile(r"0x[0-9a-f]+"), "0x…"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d([.,]\d+)?( ?[+-]\d{4})?"), "time"),
    (re.compile(r"\d\d/\w{3}/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}"), "time"),
    (re.compile(r"\[\d+\]"), "[process]"),
    (re.compile(r"Task-\d+|(asyncio|ThreadPoolExecutor-\d+)_\d+"), "task"),
    (re.compile(r"\d+\.\d{3,}"), "number"),
]
# A frame of ours or of the SDK in a traceback: at the top, or indented in that of a group of exceptions.
_FRAME = re.compile(r'^(?P<margin>[ |]*  )File "(?P<file>[^"]+)", line \d+')
_OURS = re.compile(r"/(sentry_sdk|sentry_asgi_autoconf)/")


class Log:
    """The file that a server writes, read from one mark to the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0

    def until(self, mark: str, deadline: float) -> list[str]:
        """Return the lines before the one that has `mark`, sorted; all there are if it does not come."""
        end = time.monotonic() + deadline
        while True:
            new = self._path.read_bytes()[self._offset :] if self._grown() else b""
            text = new.decode(errors="replace")
            found = text.find(mark)
            line_end = text.find("\n", found) if found >= 0 else -1
            if line_end >= 0 or time.monotonic() > end:
                break
            time.sleep(0.001)
        taken = text if line_end < 0 else text[: line_end + 1]
        self._offset += len(taken.encode(errors="replace")) if "\ufffd" not in taken else len(new)
        return sorted(line for line in normalised(taken) if mark not in line and "/mark" not in line)

    def _grown(self) -> bool:
        return self._path.stat().st_size > self._offset


def normalised(text: str) -> list[str]:
    """Return the lines without frames of ours and of the SDK, and without what is of this run."""
    kept: list[str] = []
    margin: int | None = None
    for line in text.splitlines():
        frame = _FRAME.match(line)
        if frame:
            margin = len(frame["margin"]) if _OURS.search(frame["file"]) else None
        elif margin is not None and _depth(line) <= margin:
            margin = None
        if margin is None and line.strip(" |+-"):
            for pattern, replacement in _VARIABLE:
                line = pattern.sub(replacement, line)
            kept.append(line)
    return kept


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip(" |"))
