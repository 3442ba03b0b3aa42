"""Keep one JSON file whole at any moment, and take it away with its process."""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import Any, Iterator, Mapping

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.exceptions import StatusError
from sentry_asgi_autoconf.shown_values import printable

# A directory that holds a file of this name keeps the files of processes that have ended, too.
KEEP = ".keep"


class StatusFile:
    """The file of this process in a directory; what cannot be written costs one line."""

    def __init__(self, directory: str) -> None:
        """Choose the name. The process may change its working directory later."""
        self._path = Path(directory).absolute() / f"{os.getpid()}.json"
        self._has_complained = False
        self.is_there = False

    def write(self, content: Mapping[str, Any]) -> None:
        """Put `content` in the place of what the file says."""
        try:
            with _beside(self._path) as temporary:
                _fill(temporary, json.dumps(content, indent=1) + "\n")
                temporary.replace(self._path)
            self.is_there = True
        except (OSError, ValueError) as error:
            self._complain(error)
            self.remove()  # it says what is no longer so

    def remove(self) -> None:
        """Take the file away. It holds no lock, as a signal may be handled in the midst of a write."""
        self.is_there = False
        with contextlib.suppress(OSError, ValueError):
            self._path.unlink()

    def outlives_its_process(self) -> bool:
        """Whether the directory keeps the files of processes that have ended."""
        return os.path.lexists(self._path.parent / KEEP)

    def _complain(self, error: Exception) -> None:
        if not self._has_complained:
            self._has_complained = True
            reason = getattr(error, "strerror", None) or error
            console.say(
                "warning",
                StatusError(
                    f"the status file {printable(str(self._path), 200)} cannot be written: {reason}",
                    remedy="Give SENTRY_ASGI_STATUS_DIR a directory that exists and that the process may write to.",
                ),
            )


@contextlib.contextmanager
def _beside(path: Path) -> Iterator[Path]:
    """Give the name of a new file in the same directory, and leave none of that name."""
    temporary = path.with_name(f".{path.name}.{int(time.time() * 1e9)}")
    try:
        yield temporary
    finally:
        with contextlib.suppress(OSError, ValueError):
            temporary.unlink()


def _fill(path: Path, text: str) -> None:
    # Exclusively, so that nobody's link is followed, and with the mode that the umask leaves, as others read it.
    descriptor = os.open(str(path), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
