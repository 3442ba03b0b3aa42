"""What a process and its children use, as Linux tells in /proc."""

from __future__ import annotations

import contextlib
import os
import re
import time
from pathlib import Path
from typing import Iterator

_TICKS = os.sysconf("SC_CLK_TCK")
_SIZE = re.compile(r"^VmRSS:\s+(\d+) kB", re.MULTILINE)


def resident(pid: int) -> float:
    """Return the resident memory in MB of a process and its children."""
    found = (_SIZE.search(_read(process, "status")) for process in _tree(pid))
    return sum(int(size[1]) for size in found if size) / 1024


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process, its children and those that have ended, all threads included."""
    spent = 0.0
    for process in _tree(pid):
        # What clock_getcpuclockid(3) gives for a process, which Python does not offer: it counts nanoseconds.
        spent += time.clock_gettime(~process << 3 | 2)
        # Of those that have ended only ticks are left. The name, in parentheses, may hold spaces: cutime and
        # cstime are fields 16 and 17.
        ended = _read(process, "stat").rpartition(")")[2].split()[13:15]
        spent += sum(map(int, ended)) / _TICKS
    return spent


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):  # the thread has ended meanwhile
            for child in (thread / "children").read_text().split():
                yield from _tree(int(child))


def _read(pid: int, name: str) -> str:
    return Path(f"/proc/{pid}/{name}").read_text()
