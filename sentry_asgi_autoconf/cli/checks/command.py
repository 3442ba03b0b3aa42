"""Start a command, and tell what each of its processes reports: what it serves, wrapped by whom, or why not."""

from __future__ import annotations

import os
from typing import Any, Iterator, NamedTuple

from sentry_asgi_autoconf.cli.checks import causes
from sentry_asgi_autoconf.cli.checks.asked_to_end import AskedToEnd
from sentry_asgi_autoconf.cli.checks.finding import ERROR, Finding, error, of_problem, ok, warning
from sentry_asgi_autoconf.cli.checks.processes import Seen
from sentry_asgi_autoconf.cli.checks.started_command import StartedCommand
from sentry_asgi_autoconf.cli.run import CommandNotExecutableError, CommandNotFoundError

# What the reason of an inactive process holds → the name of the finding.
_REASONS = {
    "SENTRY_ASGI_ENABLED": "disabled",
    "leaves out": "left-alone",
    "neither SENTRY_DSN": "no-destination",
    "no ASGI app": "not-asgi",
    "no valid SENTRY_DSN": "no-destination",
    "policy is not known": "invalid-policy",
    "policy permits no DSN": "dsn-forbidden",
}


class Watched(NamedTuple):
    """What was found, the reports of the processes, and the last lines that the command wrote if something is wrong."""

    findings: list[Finding]
    reports: list[dict[str, Any]]
    output: list[str]


def examine(words: list[str], timeout: float) -> Watched:
    """Start the command, wait until its processes have reported, at most `timeout` seconds, and end it.

    Raises SystemExit, when it has ended, if this process is asked to end.
    """
    with AskedToEnd() as asked:
        watched = _watched(words, timeout, asked)
    if asked.by is not None:
        raise SystemExit(128 + asked.by)
    return watched


def _watched(words: list[str], timeout: float, asked: AskedToEnd) -> Watched:
    try:
        with StartedCommand(words) as command:
            command.watch(timeout, lambda: asked.by is not None)
            output = command.output()
            told = [*_of_reports(command, timeout), *causes.of_our_lines(output)]
            findings = [*told, *_untold(command, output, told)]
            reports = command.reports
    except (CommandNotFoundError, CommandNotExecutableError) as failure:
        return Watched([of_problem(ERROR, failure)], [], [])
    is_wrong = any(finding.level == ERROR for finding in findings)
    return Watched(findings, reports, output[-20:] if is_wrong else [])


def _of_reports(command: StartedCommand, timeout: float) -> Iterator[Finding]:
    for report in command.reports:
        process = f"process {report['pid']}"
        if command.is_awaited(report):
            yield error(
                "no-app",
                f"{process} has initialised Sentry, and loaded no app within {timeout:g} s of the start.",
            )
        elif report["state"] == "active":
            yield from _of_active(process, report)
        else:
            yield _of_other(process, report)
        yield from _of_app_init(process, report)


def _of_active(process: str, report: dict[str, Any]) -> Iterator[Finding]:
    for app in report["apps"]:
        server = (
            f"{app['server']} {app['server_version']}" if app["server"] else "a server that called wrap()"
        )
        if app.get("left_alone_by"):
            yield warning("left-alone", f"{process}: {app['app']} is left out by {app['left_alone_by']}")
        else:
            yield ok(
                "serving", f"{process}: {server} serves {app['app']}, instrumented by {app['wrapped_by']}"
            )
    if not report["apps"]:
        yield ok("preparing", f"{process} serves nothing itself")


def _of_other(process: str, report: dict[str, Any]) -> Finding:
    reason = report["reason"]
    if report["state"] == "failed":
        slug = "app-not-loaded" if "could not be loaded" in reason else "failed"
        return error(slug, f"{process}: {reason}")
    slug = next((_REASONS[part] for part in _REASONS if part in reason), "inactive")
    served = ", ".join(app["app"] for app in report["apps"])
    return error(slug, f"{process} serves {served or 'an app'} without Sentry: {reason}")


def _of_app_init(process: str, report: dict[str, Any]) -> Iterator[Finding]:
    for each in report["app_init"]:
        changed = f"changes {', '.join(each['sets'])}" if each["sets"] else "changes nothing"
        text = f"{process}: sentry_sdk.init at {each['at']} {changed}"
        if each["refused"]:
            yield warning("app-init", f"{text}; a policy refuses {', '.join(each['refused'])}")
        else:
            yield ok("app-init", text)


def _untold(command: StartedCommand, output: list[str], told: list[Finding]) -> Iterator[Finding]:
    if not command.reports:
        # Where the system tells nothing of processes, the words of the command are all there is.
        seen = list(command.seen.values()) or [Seen(0, command.words, True, dict(os.environ))]
        # A command that has ended need not have been a server, and one that said what is wrong needs no guess.
        is_known = command.has_ended or any(finding.level == ERROR for finding in told)
        yield from causes.of_start(seen) if is_known else causes.of_silence(seen)
    if command.status is not None:
        yield causes.of_end(command.status, output)
