"""Capture a failed boot, once a minute, and wait until it is sent: the process may end right after."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import stat
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator, Sequence

import sentry_sdk
from sentry_sdk.utils import event_from_exception, safe_str

from sentry_asgi_autoconf.flushing.flush import MECHANISM, flush

PERIOD = 60.0  # seconds
_OURS = re.compile("[0-9a-f]{32}")
# One failure is one issue, on however many hosts it keeps an app from starting.
_FAILED_BOOT = "failed-boot"


def capture(error: BaseException) -> None:
    """Capture an exception that ends the boot. The SDK drops it if an integration has captured it already."""
    failure = described(error)
    if may_report(failure):
        capture_unhandled(error, [_FAILED_BOOT, failure])
    flush()


def capture_unhandled(error: BaseException, fingerprint: Sequence[str] = ()) -> None:
    """Capture an exception that nothing handles, as an integration does."""
    mechanism = {"type": MECHANISM, "handled": False}
    options = sentry_sdk.get_client().options
    event, hint = event_from_exception(error, client_options=options, mechanism=mechanism)
    if fingerprint:
        event["fingerprint"] = list(fingerprint)
    sentry_sdk.capture_event(event, hint=hint)


def capture_message(text: str) -> None:
    """Capture the words in which an app said that its boot failed."""
    if may_report(text):
        sentry_sdk.capture_message(text, level="fatal", fingerprint=[_FAILED_BOOT, text])
        flush()


def described(error: BaseException) -> str:
    """Return the words by which a failure is known again."""
    return f"{type(error).__name__}: {safe_str(error)}"


def may_report(failure: str) -> bool:
    """Whether no process of this process group has reported `failure` within the last minute; it counts as reported."""
    name = hashlib.sha256(f"{_group()}\n{failure}".encode("utf-8", "replace")).hexdigest()[:32]
    for directory in _directories():
        try:
            return _claim(directory, name)
        except OSError:
            continue
    return True  # nowhere to remember anything


def _group() -> int:
    """Identify what a person or a supervisor has started at once."""
    if not hasattr(os, "getpgrp"):
        return os.getppid()
    # Ray gives each of its attempts a process group of its own.
    return os.getsid(0) if "ray" in sys.modules else os.getpgrp()


def _directories() -> Iterator[Path]:
    """Yield where the files may go: private to the user, and never the working directory, tempfile's last resort."""
    name = f"sentry-asgi-autoconf-{os.getuid() if hasattr(os, 'getuid') else 'user'}"
    with contextlib.suppress(OSError):
        parent = Path(tempfile.gettempdir())
        if parent != Path.cwd():
            yield parent / name
    yield Path("/dev/shm") / name


def _claim(directory: Path, name: str) -> bool:
    directory.mkdir(mode=0o700, exist_ok=True)
    status = directory.lstat()
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
        raise PermissionError("another user's directory, or one into which others may put files")
    if not stat.S_ISDIR(status.st_mode):
        raise NotADirectoryError("a link to where other files are")
    _drop_old(directory)
    try:
        (directory / name).touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return False
    return True


def _drop_old(directory: Path) -> None:
    now = time.time()
    for file in filter(lambda file: _OURS.fullmatch(file.name), directory.iterdir()):
        # Another process may do the same at the same time.
        with contextlib.suppress(FileNotFoundError):
            if abs(now - file.lstat().st_mtime) >= PERIOD:
                file.unlink()
