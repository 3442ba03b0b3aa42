"""See the processes that a command has started, where the system tells (Linux)."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Iterator, NamedTuple

_PROC = Path("/proc")
_LISTENING = "0A"  # in /proc/net/tcp
_ACCEPTS = 0x10000  # in /proc/net/unix: __SO_ACCEPTCON
_TOLD = ("PYTHONPATH", "SENTRY_ASGI_ENABLED", "SENTRY_ASGI_STATUS_DIR", "SENTRY_ASGI_WATCH")


class Seen(NamedTuple):
    """A process: its command line, whether it is a Python, and of its environment what concerns us."""

    pid: int
    words: list[str]
    is_python: bool
    environ: dict[str, str]


def of_session(session: int) -> Iterator[Seen]:
    """Give the processes of a session that run now; none where the system does not tell."""
    for pid in _pids():
        with contextlib.suppress(OSError, ValueError):
            if _session_of(pid) == session:
                seen = _look_at(pid)
                if seen.words:
                    yield seen


def are_listening(session: int) -> bool:
    """Whether a process of the session waits for connections."""
    for pid in _pids():
        with contextlib.suppress(OSError, ValueError):
            if _session_of(pid) == session and not _sockets(pid).isdisjoint(_listening(pid)):
                return True
    return False


def _pids() -> Iterator[int]:
    if _PROC.is_dir():
        yield from (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())


def _session_of(pid: int) -> int:
    # The name before it may hold blanks and parentheses.
    fields = (_PROC / str(pid) / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    return int(fields[3])


def _look_at(pid: int) -> Seen:
    place = _PROC / str(pid)
    words = [os.fsdecode(word) for word in (place / "cmdline").read_bytes().split(b"\0")[:-1]]
    pairs = (os.fsdecode(pair).partition("=") for pair in (place / "environ").read_bytes().split(b"\0"))
    environ = {name: value for name, _, value in pairs if name in _TOLD}
    program = Path(os.readlink(str(place / "exe"))).name
    return Seen(pid, words, program.startswith(("python", "pypy")), environ)


def _sockets(pid: int) -> set[str]:
    found = set()
    for descriptor in (_PROC / str(pid) / "fd").iterdir():
        with contextlib.suppress(OSError):
            target = os.readlink(str(descriptor))
            if target.startswith("socket:["):
                found.add(target[len("socket:[") : -1])
    return found


def _listening(pid: int) -> Iterator[str]:
    net = _PROC / str(pid) / "net"
    for name in ("tcp", "tcp6"):
        for fields in _table(net / name):
            if fields[3] == _LISTENING:
                yield fields[9]
    for fields in _table(net / "unix"):
        if int(fields[3], 16) & _ACCEPTS:
            yield fields[6]


def _table(path: Path) -> list[list[str]]:
    try:
        return [line.split() for line in path.read_text().splitlines()[1:]]
    except OSError:
        return []
