"""Command line of sentry-asgi-autoconf: one module a command, and what the commands share."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import os
import signal
import sys
from typing import Callable, Sequence

from sentry_asgi_autoconf import __version__, console
from sentry_asgi_autoconf.exceptions import AutoconfError

PROGRAM = "sentry-asgi-autoconf"

_EXTRAS = {"cli": ("dotenv", "rich"), "inbox": ("jinja2", "pygments", "rich", "starlette", "uvicorn")}


class MissingExtraError(AutoconfError):
    """A command whose optional dependencies are not installed."""

    slug = "missing-extra"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` (the process's own arguments by default) names and return its exit status."""
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except AutoconfError as error:
        console.say("error", error)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


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


def _parser() -> argparse.ArgumentParser:
    from sentry_asgi_autoconf.cli import check, config, demo, inbox, path, run

    # Abbreviations would let an option of the command that `run` starts be taken for one of ours.
    parser = argparse.ArgumentParser(
        prog=PROGRAM, description="Zero-code Sentry for every ASGI app.", allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    subparsers = parser.add_subparsers(dest="name", metavar="COMMAND", required=True)
    for module in (run, check, config, path, inbox, demo):
        module.add_parser(subparsers)
    return parser
