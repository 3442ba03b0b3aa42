"""What the commands share: results on stdout, and the extras that they need."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import sys

from sentry_asgi_autoconf.exceptions import AutoconfError

_EXTRAS = {
    "bundle": ("cyclonedx", "packageurl", "packaging", "pip", "rich"),
    "cli": ("dotenv", "rich"),
    "inbox": ("jinja2", "pygments", "rich", "starlette", "uvicorn"),
}


class MissingExtraError(AutoconfError):
    """A command whose optional dependencies are not installed."""

    slug = "missing-extra"


def require_extra(extra: str = "inbox", *, needed_by: str = "The inbox", otherwise: str = "") -> None:
    """Raise MissingExtraError unless all packages of the extra can be imported; `otherwise` names a way without."""
    missing = [name for name in _EXTRAS[extra] if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"{needed_by} needs {', '.join(missing)}, which {sys.executable} does not have",
            remedy=f"Run: pip install 'sentry-asgi-autoconf[{extra}]'{otherwise}",
        )


def write(text: str) -> None:
    """Write a command's result and a line end to stdout; a reader that has gone is not an error."""
    if sys.stdout is None:  # closed by whoever started this process
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        # What the terminal cannot show, and lone surrogates, which an environment may hold.
        sys.stdout.reconfigure(errors="backslashreplace")
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(text.rstrip("\n") + "\n")
    flush()


def flush() -> None:
    """Flush stdout, or point it nowhere when its reader has gone: the interpreter would complain at exit."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
