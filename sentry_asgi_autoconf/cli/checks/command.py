"""Start a command, and tell what each of its processes reports, or why none does: what it serves, wrapped by whom."""

from __future__ import annotations

import contextlib
import os
import re
import signal
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple, Sequence

from sentry_asgi_autoconf.activation.decision import NO_VALID_DSN
from sentry_asgi_autoconf.activation.init_stage import CONFIGURATION_ERROR
from sentry_asgi_autoconf.cli.checks import bootstrap, findings, installed
from sentry_asgi_autoconf.cli.checks.findings import ERROR, WARNING, Finding, error, ok, warning
from sentry_asgi_autoconf.cli.checks.started_command import PACKERS, Seen, StartedCommand, start
from sentry_asgi_autoconf.cli.path import is_bootstrap
from sentry_asgi_autoconf.cli.run import CommandNotExecutableError
from sentry_asgi_autoconf.console import printable

# The codes of decisions under which a finding is explained.
_EXPLAINED = (
    "app-not-loaded",
    "disabled",
    "dsn-forbidden",
    "invalid-policy",
    "left-alone",
    "no-destination",
    "not-asgi",
)
_OUR_LINE = re.compile(r"sentry-asgi-autoconf: (?P<text>.*) \[(?P<slug>[a-z-]+)\]$")
# What these lines tell of keeps telemetry from flowing.
_GRAVE = (
    "adapter-failed",
    "configurator-failed",
    "invalid-policy",
    "missing-dependency",
    "sdk-init-failed",
    "unexpected-error",
)
_OPTIONS_WITH_A_VALUE = "cmWXQ"  # of Python's command line


class Watched(NamedTuple):
    """What was found, the reports of the processes, and the last lines that the command wrote if something is wrong."""

    findings: list[Finding]
    reports: list[dict[str, Any]]
    output: list[str]


def examine(words: list[str], timeout: float, tell: Callable[[str], object]) -> Watched:
    """Start the command, watch it, end it, and tell what is waited for.

    Raises SystemExit if this process is asked to end meanwhile.
    """
    with _ending_signals() as asked:
        try:
            with start(words) as command:
                command.watch(timeout, lambda: bool(asked), tell)
                output = command.output()
                found = [*_explain_reports(command, timeout), *_repeat_our_lines(output)]
                found += _explain_silence(command, output, findings.has_error(found))
                watched = Watched(found, command.reports, output[-20:] if findings.has_error(found) else [])
        except CommandNotExecutableError as failure:
            watched = Watched([findings.from_problem(ERROR, failure)], [], [])
    if asked:
        raise SystemExit(128 + asked[-1])
    return watched


@contextlib.contextmanager
def _ending_signals() -> Iterator[list[int]]:
    """Collect the signals that ask this process to end, in place of being ended by them."""
    asked: list[int] = []
    with contextlib.ExitStack() as stack:
        for number in (signal.SIGINT, signal.SIGTERM):
            previous = signal.signal(number, lambda number, frame: asked.append(number))
            stack.callback(signal.signal, number, previous)
        yield asked


def _explain_reports(command: StartedCommand, timeout: float) -> Iterator[Finding]:
    for report in command.reports:
        process = f"process {report['pid']}"
        if command.is_awaited(report):
            yield error(
                "no-app",
                f"{process} has initialised Sentry, but loaded no app within {timeout:g} s of the start.",
            )
        elif report["state"] == "active":
            yield from _explain_active(process, report)
        else:
            yield _explain_inactive(process, report)
        for init in report["app_init"]:
            changed = f"changes {', '.join(init['sets'])}" if init["sets"] else "changes nothing"
            text = f"{process}: sentry_sdk.init at {init['at']} {changed}"
            if init["refused"]:
                yield warning("app-init", f"{text}; a policy refuses {', '.join(init['refused'])}")
            else:
                yield ok("app-init", text)


def _explain_active(process: str, report: dict[str, Any]) -> Iterator[Finding]:
    for app in report["apps"]:
        named = app["server"] and f"{app['server']} {app['server_version']}"
        if app.get("left_alone_by"):
            yield warning("left-alone", f"{process}: {app['app']} is excluded by {app['left_alone_by']}")
        else:
            served = f"{named or 'a server that called wrap()'} serves {app['app']}"
            yield ok("serving", f"{process}: {served}, instrumented by {app['wrapped_by']}")
    if not report["apps"]:
        yield ok("preparing", f"{process} serves nothing itself")


def _explain_inactive(process: str, report: dict[str, Any]) -> Finding:
    code = "no-destination" if report["code"] == NO_VALID_DSN.code else report["code"]
    if report["state"] == "failed":
        return error(code if code in _EXPLAINED else "failed", f"{process}: {report['reason']}")
    served = ", ".join(app["app"] for app in report["apps"]) or "an app"
    name = code if code in _EXPLAINED else "inactive"
    return error(name, f"{process} serves {served} without Sentry: {report['reason']}")


def _repeat_our_lines(output: Sequence[str]) -> list[Finding]:
    """Return what the processes said themselves, each thing once."""
    found = filter(None, map(_OUR_LINE.search, output))
    told = {(match.group("slug"), match.group("text")) for match in found}
    return [Finding(ERROR if slug in _GRAVE else WARNING, slug, text) for slug, text in sorted(told)]


def _explain_silence(command: StartedCommand, output: list[str], is_known: bool) -> Iterator[Finding]:
    """Name why no process has reported, from what each was seen to be; `is_known` if what is wrong has been said."""
    if not command.reports:
        # Where the system tells nothing of processes, the words of the command are all there is.
        seen = list(command.seen.values()) or [Seen(0, command.words, True, dict(os.environ))]
        causes = [*map(_explain_packing, seen), *(_explain_start(each) for each in seen if each.is_python)]
        cause = next(filter(None, causes), None)
        # A command that has ended need not have been a server, and one that said what is wrong needs no guess.
        if cause is None and not is_known and command.status is None:
            cause = _explain_nothing_served(seen)
        if cause is not None:
            yield cause
    if command.status is not None:
        yield _explain_end(command.status, output)


def _explain_packing(process: Seen) -> Finding | None:
    """Name what has packed the app with its own Python, whose options are not the command's."""
    packer = next((name for variable, name in PACKERS.items() if variable in process.environ), None)
    if packer is None:
        return None
    return error(
        "packed-app",
        f"{_told(process)} was packed by {packer}, and its Python reads no PYTHONPATH. Pack sentry-asgi-autoconf with"
        " the app, and call wrap() there.",
    )


def _explain_start(process: Seen) -> Finding | None:
    """Name what is wrong with how a Python was started."""
    letters, told = _options_of(process.words), _told(process)
    closed = bootstrap.explain_closed_gate(process.environ)
    for option, (slug, what) in bootstrap.INTERPRETER_OPTIONS.items():
        if option in letters:
            return closed or error(
                slug, f"{told} runs Python with -{option}, which {what}. Leave that option out."
            )
    if bootstrap.is_disabled(process.environ):
        return error("disabled", f"SENTRY_ASGI_ENABLED is false in {told}. Unset it.")
    entries = bootstrap.path_entries(process.environ)
    if any(map(is_bootstrap, entries)):
        return bootstrap.find_shadowing(entries, f"the path of {told}")
    if not any(map(is_bootstrap, bootstrap.path_entries(os.environ))):
        return closed or bootstrap.explain_missing(entries)
    return error(
        "path-stripped",
        f"{told} was started without the PYTHONPATH that the command was given (by env -i, sudo, or a script that sets"
        " its own). Pass it on, with the bootstrap first.",
    )


def _options_of(words: Sequence[str]) -> str:
    """Return the letters of the options of a Python's command line, those of the program that it runs left out."""
    letters = ""
    rest = list(words[1:])
    while rest and rest[0].startswith("-") and rest[0] not in ("-", "--"):
        word = rest.pop(0)
        if word.startswith("--"):
            takes_next = word == "--check-hash-based-pycs"
        else:
            plain = re.split(f"[{_OPTIONS_WITH_A_VALUE}]", word[1:], maxsplit=1)
            letters += plain[0]
            if word[1 + len(plain[0]) :][:1] in ("c", "m"):
                return letters
            takes_next = plain[1:] == [""]
        if takes_next:
            del rest[:1]
    return letters


def _explain_nothing_served(seen: Sequence[Seen]) -> Finding:
    """Name why these, which run, have said nothing, though they were started as they should be."""
    pythons = [process for process in seen if process.is_python]
    if not pythons:
        return error(
            "no-python",
            f"{_told(seen[0])} has started no Python on this machine. If the server runs elsewhere, in a container for"
            " example, set the package up there, and run the check there.",
        )
    unwatched = [each for python in pythons for each in installed.find_unwatched(python.environ)]
    if unwatched:
        return unwatched[0]
    words = {Path(word).name for process in pythons for word in process.words}
    known = sorted(words.intersection(installed.OLDEST))
    if known:
        return error(
            "not-asgi",
            f"{known[0]} was started, but has loaded no ASGI app. Is it a WSGI or RSGI app, or does the command ask for"
            " such an interface?",
        )
    return error(
        "no-adapter",
        f"{_told(pythons[0])} has imported no server that has an adapter, or none that serves an ASGI app. For a"
        " server of your own, see the documentation of adapters, and of wrap().",
    )


def _explain_end(status: int, output: Sequence[str]) -> Finding:
    """Explain how a command ended by itself."""
    if status == CONFIGURATION_ERROR:
        return error(
            "strict-refusal",
            f"The command ended with status {status}: SENTRY_ASGI_STRICT refuses to serve with the settings that the"
            " other lines name.",
        )
    last = next((line.strip() for line in reversed(output) if line.strip()), "")
    how = f"by signal {-status}" if status < 0 else f"with status {status}"
    said = f"; its last line: {printable(last, 200)}" if last else ", and wrote nothing"
    return error("command-ended", f"The command ended {how} by itself{said}.")


def _told(process: Seen) -> str:
    return printable(" ".join(process.words), 80)
