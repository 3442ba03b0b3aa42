"""Print what makes a shell complete the command line's words."""

from __future__ import annotations

import argparse
import os
from typing import Any

from sentry_asgi_autoconf.cli.output import require_extra, write

# By which the shell's function asks this program for words.
_ASKED_BY_SHELL = "_ARGCOMPLETE"


def add_parser(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "completion",
        help="print shell code that completes this command",
        description="Print shell code that completes the words of this command.",
        epilog='For bash and zsh: eval "$(%(prog)s bash)". For fish: %(prog)s fish | source',
        allow_abbrev=False,
    )
    parser.add_argument("shell", choices=["bash", "fish", "zsh"])
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Print it. Raises MissingExtraError."""
    require_extra("cli", needed_by="Completion")
    import argcomplete.shell_integration

    write(argcomplete.shell_integration.shellcode(["sentry-asgi-autoconf"], shell=arguments.shell))
    return 0


def answer(parser: argparse.ArgumentParser) -> None:
    """Answer a shell that asks for words, and end; do nothing else."""
    if _ASKED_BY_SHELL in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)
