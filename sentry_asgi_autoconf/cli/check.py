"""Find out why telemetry does not flow: from an environment, a command's processes, a receiver's answers."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Iterator

if TYPE_CHECKING:
    from argparse import _SubParsersAction

    from sentry_asgi_autoconf.cli.checks.finding import Finding

_ANSWER_SECONDS = 30.0  # for which the SDK waits, too


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "check",
        help="find out why telemetry does not flow",
        description="Look at this environment, or start CMD, see how its app is instrumented, and end it.",
        epilog="Exit status 0 if nothing keeps telemetry from flowing, else 1. Without --send no delivery is tried.",
        usage="%(prog)s [-h] [--send] [--json] [--timeout SECONDS] [--] [CMD ...]",
        allow_abbrev=False,
    )
    parser.add_argument("--send", action="store_true", help="deliver a test event and a test transaction")
    parser.add_argument("--json", action="store_true", help="print the findings as JSON")
    parser.add_argument(
        "--timeout", type=_seconds, default=60.0, metavar="SECONDS", help="how long to wait (default: 60)"
    )
    parser.add_argument(
        "words", metavar="CMD ...", nargs=argparse.REMAINDER, help="the command and its arguments"
    )
    parser.set_defaults(command=run)


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < 86400:
        raise argparse.ArgumentTypeError("must be more than 0, and less than a day")
    return seconds


def run(arguments: argparse.Namespace) -> int:
    """Print what is found; give 0 if nothing keeps telemetry from flowing, else 1."""
    from sentry_asgi_autoconf.cli import standard_output
    from sentry_asgi_autoconf.cli.checks import command, printing

    words = arguments.words[1:] if arguments.words[:1] == ["--"] else arguments.words
    watched = command.examine(words, arguments.timeout) if words else command.Watched([], [], [])
    answer_seconds = min(arguments.timeout, _ANSWER_SECONDS)
    findings = [*watched.findings, *_of_environment(bool(words), arguments.send, answer_seconds)]
    if arguments.json:
        standard_output.write(printing.as_json(findings, watched.reports))
    else:
        standard_output.write(printing.as_text(findings, watched.output))
    return 0 if printing.flows(findings) else 1


def _of_environment(has_command: bool, sends: bool, answer_seconds: float) -> Iterator[Finding]:
    """Look at this process's environment, as far as the processes of a command do not show it themselves."""
    from sentry_asgi_autoconf.cli.checks import bootstrap_path, conflicts, distributions, interpreter, servers
    from sentry_asgi_autoconf.cli.checks.finding import ERROR

    if not has_command:
        yield from interpreter.findings()
        yield from bootstrap_path.findings()
        yield from conflicts.findings()
    elif not sends:
        return
    installed = list(distributions.findings())
    if not has_command:
        yield from [*installed, *servers.findings()]
    if not any(finding.level == ERROR for finding in installed):
        yield from _of_settings(has_command, sends, answer_seconds)


def _of_settings(has_command: bool, sends: bool, answer_seconds: float) -> Iterator[Finding]:
    from sentry_asgi_autoconf.cli.checks import delivery, integrations, sdk_client, settings
    from sentry_asgi_autoconf.cli.checks.finding import ERROR, of_problem
    from sentry_asgi_autoconf.exceptions import SdkError

    examined = settings.examine()
    yield from examined.findings
    if examined.arguments is None:
        return
    try:
        client = sdk_client.RecordingClient(examined.arguments)
    except SdkError as failure:
        yield of_problem(ERROR, failure)
        return
    if not has_command:
        yield from integrations.findings(client)
    if sends:
        yield from delivery.findings(client, examined.arguments, answer_seconds)
    else:
        yield from delivery.obstacles(client, examined.arguments, answer_seconds)
