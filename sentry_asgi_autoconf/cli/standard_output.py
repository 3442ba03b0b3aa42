"""Write a command's result to standard output, whatever its encoding is and whoever reads it."""

from __future__ import annotations

import io
import os
import sys


def write(text: str) -> None:
    """Write `text` and a line end; a reader that has gone is no error."""
    if sys.stdout is None:  # closed by whoever started this process
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What the terminal cannot show, and lone surrogates, which an environment may hold.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        sys.stdout.write(text.rstrip("\n") + "\n")
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter would complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
