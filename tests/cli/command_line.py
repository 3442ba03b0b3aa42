"""Start the command line in a process of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Mapping

from tests.harness.server import DEADLINE, ROOT, environment

CLI = [sys.executable, "-m", "sentry_asgi_autoconf"]


def around(changes: Mapping[str, str | None]) -> dict[str, str]:
    """Return a clean environment in which the package is found, with `changes`; None removes a variable."""
    merged = {**environment(bootstrap=False), "PYTHONPATH": str(ROOT), **changes}
    return {name: value for name, value in merged.items() if value is not None}


def cli(
    *words: str, cwd: Path | None = None, environ: Mapping[str, str | None] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the command line to its end."""
    return subprocess.run(
        [*CLI, *words],
        env=around(environ or {}),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


def in_a_terminal(
    *words: str, columns: int, environ: Mapping[str, str | None], cwd: Path | None = None
) -> str:
    """Return what the command line shows in a terminal of this width, messages included."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    changes = {"TERM": "xterm", "NO_COLOR": None, "COLUMNS": None, **environ}
    with subprocess.Popen(
        [*CLI, *words], env=around(changes), cwd=cwd, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        shown = b""
        while True:
            try:
                shown += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
        process.wait(DEADLINE)
    os.close(ours)
    return shown.decode().replace("\r\n", "\n")
