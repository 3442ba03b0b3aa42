"""Capture a failed boot, and wait until it is sent: the process may end right after."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Iterator

import sentry_sdk
from sentry_sdk.utils import event_from_exception

from sentry_asgi_autoconf.flushing.flush import MECHANISM, flush


def capture(error: BaseException) -> None:
    """Capture an exception that ends the boot. The SDK drops it if an integration has captured it already."""
    if may_report(error):
        event, hint = event_from_exception(
            error,
            client_options=sentry_sdk.get_client().options,
            mechanism={"type": MECHANISM, "handled": False},
        )
        sentry_sdk.capture_event(event, hint=hint)
    flush()


def may_report(error: BaseException) -> bool:
    """Whether this failure of a boot has not been reported within the last minute."""
    return may_report_text(f"{type(error).__name__}: {error}")


def capture_message(text: str) -> None:
    """Capture the words in which an app said that its boot failed."""
    if may_report_text(text):
        sentry_sdk.capture_message(text, level="fatal")
        flush()


PERIOD = 60.0  # seconds


def may_report_text(failure: str) -> bool:
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
    """Give where the files may go: private to the user, and never the working directory, tempfile's last resort."""
    user = os.getuid() if hasattr(os, "getuid") else "user"
    parents = [Path(tempfile.gettempdir())] if _has_temporary_directory() else []
    for parent in [*parents, Path("/dev/shm")]:
        yield parent / f"sentry-asgi-autoconf-{user}"


def _has_temporary_directory() -> bool:
    try:
        return Path(tempfile.gettempdir()) != Path.cwd()
    except OSError:
        return False


def _claim(directory: Path, name: str) -> bool:
    directory.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and directory.lstat().st_uid != os.getuid():
        raise PermissionError("another user's directory")
    _drop_old(directory)
    try:
        (directory / name).touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        return False
    return True


def _drop_old(directory: Path) -> None:
    now = time.time()
    for file in directory.iterdir():
        # Another process may do the same at the same time.
        with contextlib.suppress(FileNotFoundError):
            if abs(now - file.lstat().st_mtime) >= PERIOD:
                file.unlink()
