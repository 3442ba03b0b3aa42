"""Run a command with the bootstrap directory on its PYTHONPATH."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.cli.path import with_bootstrap
from sentry_asgi_autoconf.exceptions import AutoconfError

if TYPE_CHECKING:
    from argparse import _SubParsersAction


class CommandNotFoundError(AutoconfError):
    """A command that does not exist."""

    slug = "command-not-found"
    exit_status = 127


class CommandNotExecutableError(AutoconfError):
    """A command that exists and cannot be executed."""

    slug = "command-not-executable"
    exit_status = 126


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "run",
        help="run a command with Sentry for the ASGI apps that it serves",
        description="Replace this process by CMD, with the bootstrap directory first on its PYTHONPATH.",
        usage="%(prog)s [-h] [--inbox] [--] CMD ...",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--inbox", action="store_true", help="report to a local inbox that lives as long as the command"
    )
    parser.add_argument(
        "words", metavar="CMD ...", nargs=argparse.REMAINDER, help="the command and its arguments"
    )
    parser.set_defaults(command=run, usage_error=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Replace this process by the command; give an exit status if that fails or there is no exec."""
    words: list[str] = arguments.words
    if words[:1] == ["--"]:
        words = words[1:]
    if not words or not words[0]:
        arguments.usage_error("a command is required: CMD")
    environment = instrumented(dict(os.environ))
    try:
        if arguments.inbox:
            from sentry_asgi_autoconf.cli import attached_inbox

            with attached_inbox.attached(environment):
                return execute(words, environment)
        return execute(words, environment)
    except (CommandNotFoundError, CommandNotExecutableError) as error:
        console.say("error", error)
        return error.exit_status


def instrumented(environment: dict[str, str]) -> dict[str, str]:
    """Give `environment` with the bootstrap on PYTHONPATH and other distributions' triggers watched."""
    from sentry_asgi_autoconf.cli.watch import with_installed_triggers

    changes = {"PYTHONPATH": with_bootstrap(environment.get("PYTHONPATH", ""))}
    watched = with_installed_triggers(environment.get("SENTRY_ASGI_WATCH", ""))
    if watched:
        changes["SENTRY_ASGI_WATCH"] = watched
    return {**environment, **changes}


def execute(words: list[str], environment: dict[str, str]) -> int:
    """Become the command, or, where there is no exec, run it to its end and give its exit status.

    Raises CommandNotFoundError or CommandNotExecutableError.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        if os.name == "nt":  # exec there starts a new process and ends this one at once
            return run_to_end(words, environment)
        _restore_signals()
        os.execvpe(words[0], words, environment)
    except OSError as error:
        raise refusal(words[0], environment, error) from error


def run_to_end(words: list[str], environment: dict[str, str]) -> int:
    """Run the command as a child and give its exit status. Raises OSError if it cannot be started."""
    program = shutil.which(words[0], path=environment.get("PATH")) or words[0]
    process = subprocess.Popen([program, *words[1:]], env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue  # the console sent it to the command as well, which decides what it means


def _restore_signals() -> None:
    # Python ignores these from its start on, and ignored signals stay ignored across exec.
    for name in ("SIGPIPE", "SIGXFZ", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)


def refusal(
    command: str, environment: dict[str, str], error: OSError
) -> CommandNotFoundError | CommandNotExecutableError:
    """Give the error that tells why a command could not be started."""
    reason = (error.strerror or str(error)).lower()
    if not isinstance(error, FileNotFoundError):
        what = f"Cannot run {command!r}: {'is a directory' if Path(command).is_dir() else reason}"
        return CommandNotExecutableError(what, remedy="Name a program that you may execute.")
    found = shutil.which(command, path=environment.get("PATH"))
    if found:
        what = f"Cannot run {found!r}: the interpreter that its first line names does not exist"
        return CommandNotExecutableError(what, remedy="Correct that line.")
    where = "it is in no directory of PATH" if Path(command).name == command else "no such file"
    what = f"Cannot run {command!r}: {where}"
    return CommandNotFoundError(what, remedy="Check its spelling and its installation.")
