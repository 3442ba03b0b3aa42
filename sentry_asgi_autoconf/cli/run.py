"""Run a command with the bootstrap directory on its PYTHONPATH."""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from sentry_asgi_autoconf import console, entry_points
from sentry_asgi_autoconf.cli.path import with_bootstrap
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import AdapterError, AutoconfError


class CommandNotExecutableError(AutoconfError):
    """A command that cannot be executed."""

    slug = "command-not-executable"
    exit_status = 126


class CommandNotFoundError(CommandNotExecutableError):
    """A command that does not exist."""

    slug = "command-not-found"
    exit_status = 127


def add_parser(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "run",
        help="run a command with Sentry for the ASGI apps that it serves",
        description="Replace this process by CMD, with the bootstrap directory first on its PYTHONPATH.",
        usage="%(prog)s [-h] [--inbox] [--store FILE] [--] CMD ...",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--inbox", action="store_true", help="report to a local inbox that lives as long as the command")
    add(
        "--store",
        metavar="FILE",
        help="with --inbox: keep what arrives in this file, for `inbox --store` to show later",
    )
    add("words", metavar="CMD ...", nargs=argparse.REMAINDER, help="the command and its arguments")
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Replace this process by the command; return an exit status if that fails or there is no exec."""
    words = arguments.words[1:] if arguments.words[:1] == ["--"] else arguments.words
    if not words or not words[0]:
        arguments.usage_error("a command is required: CMD")
    if arguments.store and not arguments.inbox:
        arguments.usage_error("--store is the file of an inbox: --inbox is required")
    environment = {**os.environ, entry_points.RUN: "1"}
    environment["PYTHONPATH"] = with_bootstrap(environment.get("PYTHONPATH", ""))
    watched = _with_installed_triggers(environment.get("SENTRY_ASGI_WATCH", ""))
    if watched:
        environment["SENTRY_ASGI_WATCH"] = watched
    try:
        with contextlib.ExitStack() as stack:
            if arguments.inbox:
                from sentry_asgi_autoconf.cli.inbox import attached

                stack.enter_context(attached(environment, arguments.store))
            return _execute(words, environment)
    except CommandNotExecutableError as error:
        console.say("error", error)
        return error.exit_status


def popen(words: list[str], environment: dict[str, str], **options: Any) -> subprocess.Popen[bytes]:
    """Start the command as a child. Raises CommandNotExecutableError."""
    program = shutil.which(words[0], path=environment.get("PATH")) or words[0]
    try:
        return subprocess.Popen([program, *words[1:]], env=environment, **options)
    except OSError as error:
        raise _refusal(words[0], environment, error) from error


def run_to_end(words: list[str], environment: dict[str, str]) -> int:
    """Run the command as a child and return its exit status. Raises CommandNotExecutableError."""
    process = popen(words, environment)
    while True:
        # The console sent it to the command as well, which decides what it means.
        with contextlib.suppress(KeyboardInterrupt):
            return process.wait()


def third_party_adapters() -> list[Any]:
    """Return the entry points of the server adapters that other distributions bring."""
    installed = entry_points.in_group(entry_points.SERVERS)
    return [point for point in installed if not str(point.value).startswith("sentry_asgi_autoconf.")]


def _with_installed_triggers(watched: str) -> str:
    names = [name.strip() for name in watched.split(",") if name.strip()]
    names += sorted(str(point.name) for point in third_party_adapters())
    for distribution in entry_points.unreadable(entry_points.SERVERS):
        what = f"The metadata of {printable(distribution)}, which declares a server adapter, cannot be read"
        remedy = "Repair the distribution, or name the trigger module in SENTRY_ASGI_WATCH."
        console.say("warning", AdapterError(what, remedy=remedy))
    return ",".join(dict.fromkeys(names))


def _execute(words: list[str], environment: dict[str, str]) -> int:
    """Become the command, or run it to its end where there is no exec. Raises CommandNotExecutableError."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "nt":  # exec there starts a new process and ends this one at once
        return run_to_end(words, environment)
    # Python ignores these from its start on, and ignored signals stay ignored across exec.
    for name in ("SIGPIPE", "SIGXFZ", "SIGXFSZ"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    try:
        os.execvpe(words[0], words, environment)
    except OSError as error:
        raise _refusal(words[0], environment, error) from error


def _refusal(command: str, environment: dict[str, str], error: OSError) -> CommandNotExecutableError:
    if not isinstance(error, FileNotFoundError):
        reason = "is a directory" if Path(command).is_dir() else (error.strerror or str(error)).lower()
        what = f"Cannot run {command!r}: {reason}"
        return CommandNotExecutableError(what, remedy="Name a program that you may execute.")
    found = shutil.which(command, path=environment.get("PATH"))
    if found:
        what = f"Cannot run {found!r}: the interpreter that its first line names does not exist"
        return CommandNotExecutableError(what, remedy="Correct that line.")
    where = "it is in no directory of PATH" if Path(command).name == command else "no such file"
    remedy = "Check its spelling and its installation."
    return CommandNotFoundError(f"Cannot run {command!r}: {where}", remedy=remedy)
