"""Name why no process of a command has reported: from what its processes were seen to be, and from its output."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Sequence

from sentry_asgi_autoconf.activation.init_stage import CONFIGURATION_ERROR
from sentry_asgi_autoconf.cli.checks import bootstrap_path, servers
from sentry_asgi_autoconf.cli.checks.finding import ERROR, WARNING, Finding, error
from sentry_asgi_autoconf.cli.checks.interpreter import OPTIONS
from sentry_asgi_autoconf.cli.checks.processes import Seen
from sentry_asgi_autoconf.cli.path import is_bootstrap
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.settings.values import parse_boolean

_OUR_LINE = re.compile(r"sentry-asgi-autoconf: (?P<text>.*) \[(?P<slug>[a-z-]+)\]$")
# What these lines tell of keeps telemetry from flowing.
_GRAVE = frozenset(
    (
        "adapter-failed",
        "configurator-failed",
        "invalid-policy",
        "missing-dependency",
        "sdk-init-failed",
        "unexpected-error",
    )
)
_TAKES_A_VALUE = "cmWXQ"


def of_our_lines(output: Sequence[str]) -> list[Finding]:
    """Give what the processes said themselves, each thing once."""
    found = filter(None, (_OUR_LINE.search(line) for line in output))
    told = {(match.group("slug"), match.group("text")) for match in found}
    return [Finding(ERROR if slug in _GRAVE else WARNING, slug, text) for slug, text in sorted(told)]


def of_start(seen: Sequence[Seen]) -> list[Finding]:
    """Name what is wrong with how these processes were started: the first cause of the first Python that has one."""
    found = filter(None, (_of_start(process) for process in seen if process.is_python))
    return list(found)[:1]


def of_silence(seen: Sequence[Seen]) -> list[Finding]:
    """Name why these processes, which run, have said nothing."""
    pythons = [each for each in seen if each.is_python]
    if pythons:
        return of_start(pythons) or [_nothing_served(pythons)]
    return [
        error(
            "no-python",
            f"No Python was started on this machine by {_command(each)}: where the server runs elsewhere, in a"
            " container say, set it up, and run the check, there.",
        )
        for each in seen[:1]
    ]


def of_end(status: int, output: Sequence[str]) -> Finding:
    """Tell of a command that ended by itself."""
    if status == CONFIGURATION_ERROR:
        return error(
            "strict-refusal",
            f"The command ended with status {status}: SENTRY_ASGI_STRICT refuses to serve with the settings that the"
            " other lines name.",
        )
    last = next((line.strip() for line in reversed(output) if line.strip()), "")
    how = f"by signal {-status}" if status < 0 else f"with status {status}"
    said = f"; its last words: {printable(last, 200)}" if last else ", and said nothing"
    return error("command-ended", f"The command ended {how} by itself{said}.")


def options_of(words: Sequence[str]) -> str:
    """Give the letters of the options of a Python's command line, those of the program that it runs left out."""
    letters = ""
    rest = list(words[1:])
    while rest and rest[0].startswith("-") and rest[0] not in ("-", "--"):
        word = rest.pop(0)
        if word.startswith("--"):
            rest[:1] = [] if word == "--check-hash-based-pycs" else rest[:1]
            continue
        for place, letter in enumerate(word[1:], start=1):
            if letter not in _TAKES_A_VALUE:
                letters += letter
                continue
            if letter in "cm":
                return letters
            if place == len(word) - 1:
                rest[:1] = []
            break
    return letters


def _of_start(process: Seen) -> Finding | None:
    option = next((each for each in OPTIONS if each in options_of(process.words)), None)
    if option is not None:
        slug, what = OPTIONS[option]
        return error(
            slug, f"{_command(process)} runs Python with -{option}, which {what}. Leave that option out."
        )
    if parse_boolean(process.environ.get("SENTRY_ASGI_ENABLED", "")) is False:
        return error("disabled", f"SENTRY_ASGI_ENABLED is false in {_command(process)}. Unset it.")
    return _of_path(process)


def _of_path(process: Seen) -> Finding | None:
    entries = bootstrap_path.entries_of(process.environ)
    if any(map(is_bootstrap, entries)):
        file = bootstrap_path.shadowing(entries)
        where = f"the path of {_command(process)}"
        return None if file is None else bootstrap_path.shadowed(file, entries, where)
    if not any(map(is_bootstrap, bootstrap_path.entries_of(os.environ))):
        return bootstrap_path.missing(entries)
    return error(
        "path-stripped",
        f"{_command(process)} was started without the PYTHONPATH that the command was given (by env -i, sudo, or a"
        " script that sets its own). Pass it on, the bootstrap first.",
    )


def _nothing_served(pythons: Sequence[Seen]) -> Finding:
    unwatched = [each for python in pythons for each in servers.unwatched(python.environ)]
    if unwatched:
        return unwatched[0]
    words = {Path(word).name for process in pythons for word in process.words}
    known = sorted(words.intersection(servers.OLDEST))
    if known:
        return error(
            "not-asgi",
            f"{known[0]} was started, and has loaded no ASGI app: is it a WSGI or RSGI app, or an interface of that"
            " kind that is asked for?",
        )
    return error(
        "no-adapter",
        f"{_command(pythons[0])} has imported no server that has an adapter, or none that serves an ASGI app. For a"
        " server of your own, see the documentation of adapters, and of wrap().",
    )


def _command(process: Seen) -> str:
    return printable(" ".join(process.words), 80)
