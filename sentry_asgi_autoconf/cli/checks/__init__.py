"""Find out why telemetry does not flow: from an environment, a command's processes, a receiver's answers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Callable, Iterator

from sentry_asgi_autoconf.cli.output import number, progress, write

if TYPE_CHECKING:
    from sentry_asgi_autoconf.cli.checks.findings import Finding

_SECONDS = number("a number of seconds, more than 0 and less than a day", float, 0.001, 86399)
_ANSWER_SECONDS = 30.0  # for which the SDK waits, too


def add_parser(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "check",
        help="find out why telemetry does not flow",
        description="Look at this environment, or start CMD, see how its app is instrumented, and end it.",
        epilog="Exit status 0 if nothing keeps telemetry from flowing, else 1. Without --send no delivery is tried.",
        usage="%(prog)s [-h] [--send] [--json] [--timeout SECONDS] [--] [CMD ...]",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--send", action="store_true", help="deliver a test event and a test transaction")
    add("--json", action="store_true", help="print the findings as JSON")
    add("--timeout", type=_SECONDS, default=60.0, metavar="SECONDS", help="how long to wait (default: 60)")
    add("words", metavar="CMD ...", nargs=argparse.REMAINDER, help="the command and its arguments")
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what is found; return 0 if nothing keeps telemetry from flowing, else 1."""
    from sentry_asgi_autoconf.cli.checks import command, findings

    words = arguments.words[1:] if arguments.words[:1] == ["--"] else arguments.words
    with progress() as tell:
        watched = command.examine(words, arguments.timeout, tell) if words else command.Watched([], [], [])
        found = [*watched.findings, *_examine_environment(bool(words), arguments, tell)]
    if arguments.json:
        write(findings.as_json(found, watched.reports))
    else:
        write(findings.as_text(found, watched.output))
    return 1 if findings.has_error(found) else 0


def _examine_environment(
    has_command: bool, arguments: argparse.Namespace, tell: Callable[[str], object]
) -> Iterator[Finding]:
    """Look at this process's environment, as far as the processes of a command do not show it themselves."""
    from sentry_asgi_autoconf.cli.checks import bootstrap, findings, installed

    if has_command and not arguments.send:
        return
    needed = list(installed.find_needed())
    if not has_command:
        yield from bootstrap.find_all()
        yield from bootstrap.find_bundle()
        yield from needed
        yield from installed.find_servers()
    if findings.has_error(needed):
        return
    from sentry_asgi_autoconf.cli.checks import delivery, settings

    found, init_arguments = settings.examine()
    yield from found
    if init_arguments is not None:
        seconds, alone = min(arguments.timeout, _ANSWER_SECONDS), not has_command
        tell(f"Waiting for an answer of the receiver, for {seconds:g} s at most")
        yield from delivery.examine(init_arguments, seconds, sends=arguments.send, alone=alone)
