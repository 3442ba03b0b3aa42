"""What the settings say of this process: whether anything is sent, where to, and what of them was refused."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterator
from urllib.parse import urlsplit

from sentry_asgi_autoconf.activation import init_arguments, init_stage
from sentry_asgi_autoconf.activation.decision import DISABLED, Decision
from sentry_asgi_autoconf.activation.layers import Loaded
from sentry_asgi_autoconf.cli.checks.findings import ERROR, WARNING, Finding, error, from_problem, ok, warning
from sentry_asgi_autoconf.exceptions import ConfiguratorError, InvalidPolicyError
from sentry_asgi_autoconf.sdk.arguments import Merged
from sentry_asgi_autoconf.settings import destinations

# What of these went wrong stops everything.
_FATAL = (ConfiguratorError, InvalidPolicyError)


def examine() -> tuple[list[Finding], dict[str, Any] | None]:
    """Read the settings as a process that serves an app of this directory would.

    Returns what was found, and the arguments for `sentry_sdk.init`, None where there would be no init.
    """
    loaded = init_stage.load(None)
    if isinstance(loaded, Decision):
        if loaded == DISABLED:
            return [error("disabled", f"{loaded.reason}: every process is left alone. Unset it.")], None
        misspelt = [from_problem(WARNING, problem) for problem in destinations.misspelt(os.environ)]
        nowhere = f"{destinations.NOWHERE}: nothing is sent. Set the DSN of your project."
        return [*misspelt, error("no-destination", nowhere)], None
    resolved = init_arguments.resolve(loaded)
    problems = [*loaded.problems, *resolved.problems]
    try:
        merged = resolved.build_arguments().of_settings()
    except ConfiguratorError as failure:
        merged = Merged({}, [], [])
        problems.append(failure)
    fatal = any(isinstance(problem, _FATAL) for problem in problems)
    grave = ERROR if loaded.own.strict else WARNING
    found = [
        *(from_problem(ERROR if isinstance(each, _FATAL) else grave, each) for each in problems),
        *(from_problem(WARNING, each) for each in loaded.warnings),
        *_explain_sources(loaded),
    ]
    final = merged.arguments
    if not destinations.is_sent(final):
        return [*found, *([] if fatal else [_explain_nowhere(loaded)])], None
    found += [from_problem(WARNING, each) for each in init_arguments.not_permitted(loaded, merged)]
    found += _explain_arguments(final, loaded.own.traces_per_second)
    return [*found, *_explain_exclusions(loaded)], final


def is_tracing(arguments: dict[str, Any]) -> bool:
    """Whether these arguments make transactions at all."""
    return bool(arguments.get("traces_sample_rate") or arguments.get("traces_sampler"))


def _explain_nowhere(loaded: Loaded) -> Finding:
    setting = loaded.settings.get("dsn")
    if setting is not None and setting.forbidden:
        return error(
            "dsn-forbidden",
            f"{setting.ruled_by} permits none of the DSNs that are set: nothing is sent. Set one whose host it allows.",
        )
    return error(
        "no-destination", "There is no valid SENTRY_DSN: nothing is sent. Set the DSN of your project."
    )


def _explain_arguments(final: dict[str, Any], traces_per_second: float | None) -> Iterator[Finding]:
    where = "Spotlight alone"
    if final.get("dsn"):
        parts = urlsplit(str(final["dsn"]))
        where = f"{parts.scheme} to {parts.hostname}, project {parts.path.rpartition('/')[2]}"
    yield ok("destination", where)
    rate = final.get("traces_sample_rate")
    traced = f"transactions, at a rate of {rate}" if rate else "transactions, by a sampler"
    untraced = "errors only: neither SENTRY_TRACES_SAMPLE_RATE nor a sampler asks for transactions"
    if traces_per_second is not None:
        traced = f"{traced}, {traces_per_second:g} a second at most"
        untraced = f"{untraced}, and a budget of traces alone starts none"
    yield ok("tracing", traced if is_tracing(final) else untraced)
    if final.get("sample_rate") == 0:
        yield warning("errors-off", "SENTRY_SAMPLE_RATE is 0: no error is reported.")


def _explain_sources(loaded: Loaded) -> Iterator[Finding]:
    if loaded.policy.names and not loaded.policy.is_unreadable:
        yield ok("policy", f"read: {', '.join(loaded.policy.names)}")
    directory = loaded.own.status_dir
    if directory and not (Path(directory).is_dir() and os.access(directory, os.W_OK | os.X_OK)):
        yield warning(
            "unwritable-status",
            f"SENTRY_ASGI_STATUS_DIR={directory} is not a directory that this user can write to: no status is written.",
        )


def _explain_exclusions(loaded: Loaded) -> Iterator[Finding]:
    named = {
        "SENTRY_ASGI_DISABLED_SERVERS": loaded.own.disabled_servers,
        "SENTRY_ASGI_EXCLUDED_APPS": loaded.own.excluded_apps,
    }
    for setting, names in named.items():
        if names:
            yield warning("left-alone", f"{setting} excludes {', '.join(names)}.")
