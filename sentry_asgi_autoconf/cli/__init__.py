"""Command line of sentry-asgi-autoconf: one module a command."""

from __future__ import annotations

import argparse
import signal
from typing import Callable, Mapping, Sequence

from sentry_asgi_autoconf import __version__, console, entry_points
from sentry_asgi_autoconf.cli.output import DOCUMENTATION
from sentry_asgi_autoconf.exceptions import AutoconfError

PROGRAM = "sentry-asgi-autoconf"
_EXAMPLES = f"""examples:
  {PROGRAM} demo                               see what it does
  {PROGRAM} run -- uvicorn main:app            serve an app with Sentry
  {PROGRAM} run --inbox -- uvicorn main:app    and look at what it reports here
  {PROGRAM} check -- uvicorn main:app          find out why nothing arrives
  {PROGRAM} config                             see which settings apply, and why

Documentation: {DOCUMENTATION}"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command that `argv` (the process's own arguments by default) names and return its exit status."""
    entry_points.complete_path()
    arguments = _arguments(argv)
    command: Callable[[argparse.Namespace], int] = arguments.command
    try:
        return command(arguments)
    except AutoconfError as error:
        console.say("error", error)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    from sentry_asgi_autoconf.cli import completion

    parser, _ = _parsers()
    completion.answer(parser)
    arguments, unknown = parser.parse_known_args(argv)
    if unknown:  # of which argparse itself would complain with the usage of all commands
        arguments.usage_error(f"unrecognized arguments: {' '.join(unknown)}")
    return arguments


def command_parsers() -> Mapping[str, argparse.ArgumentParser]:
    """Return the parser of each command, by its name."""
    return _parsers()[1]


def _parsers() -> tuple[argparse.ArgumentParser, Mapping[str, argparse.ArgumentParser]]:
    from sentry_asgi_autoconf.cli import (
        bundle,
        checks,
        completion,
        config,
        demo,
        inbox,
        install,
        path,
        run,
        status,
    )

    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Zero-code Sentry for every ASGI app.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        # Abbreviations would let an option of the command that `run` starts be taken for one of ours.
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    subparsers = parser.add_subparsers(dest="name", metavar="COMMAND", required=True)
    for module in (run, checks, config, status, path, install, bundle, inbox, demo, completion):
        module.add_parser(subparsers)
    for subparser in subparsers.choices.values():
        subparser.set_defaults(usage_error=subparser.error)
    return parser, subparsers.choices
