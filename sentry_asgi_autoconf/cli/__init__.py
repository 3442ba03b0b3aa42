"""Command line of sentry-asgi-autoconf: one module a command."""

from __future__ import annotations

import argparse
import signal
from typing import Callable, Sequence

from sentry_asgi_autoconf import __version__, console, entry_points
from sentry_asgi_autoconf.exceptions import AutoconfError

PROGRAM = "sentry-asgi-autoconf"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` (the process's own arguments by default) names and return its exit status."""
    entry_points.complete_path()
    arguments = _parser().parse_args(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except AutoconfError as error:
        console.say("error", error)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _parser() -> argparse.ArgumentParser:
    from sentry_asgi_autoconf.cli import bundle, check, config, demo, inbox, install, path, run

    # Abbreviations would let an option of the command that `run` starts be taken for one of ours.
    what = "Zero-code Sentry for every ASGI app."
    parser = argparse.ArgumentParser(prog=PROGRAM, description=what, allow_abbrev=False)
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    subparsers = parser.add_subparsers(dest="name", metavar="COMMAND", required=True)
    for module in (run, check, config, path, install, bundle, inbox, demo):
        module.add_parser(subparsers)
    return parser
