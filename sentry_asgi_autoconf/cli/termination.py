"""Leave a command by an exception when it is terminated, so that what it has started is ended, too."""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import Iterator


@contextlib.contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Leave by SystemExit on SIGTERM."""
    previous = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
