"""Tell variables that are nearly a setting, without minding those of other programs."""

from __future__ import annotations

from typing import Iterable

from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import UnknownSettingError
from sentry_asgi_autoconf.settings.destinations import is_nearly_dsn
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS
from sentry_asgi_autoconf.settings.options_json import OPTIONS_JSON
from sentry_asgi_autoconf.settings.own import OWN_SETTINGS

_OWN_PREFIX = "SENTRY_ASGI_"
# Of 1; the names are compared without their prefix, which would make all of them alike.
_NEAR_OPTION = 0.86
_NEAR_OWN = 0.6


def known_variables() -> frozenset[str]:
    """Give the name of every variable that is a setting."""
    declared = (*SDK_OPTIONS.values(), *OPTIONS_JSON.values(), *OWN_SETTINGS.values())
    return frozenset(option.variable for option in declared)


def unknown_variables(names: Iterable[str]) -> list[UnknownSettingError]:
    """Give a problem for each name that looks like a slip of the pen."""
    known = known_variables()
    unknown = {name for name in names if name.upper().startswith(PREFIX) or is_nearly_dsn(name)}
    problems = (_problem(name, known) for name in sorted(unknown - known - FOREIGN))
    return [problem for problem in problems if problem is not None]


def _problem(name: str, known: frozenset[str]) -> UnknownSettingError | None:
    upper = name.upper()
    if upper in known:
        return _unknown(name, upper, "names are in upper case")
    if upper in FOREIGN:
        return None
    if is_nearly_dsn(name):  # also where the DSN is another layer's
        return _unknown(name, "SENTRY_DSN")
    if upper.startswith(_OWN_PREFIX):
        return _unknown(name, _own_suggestion(upper, known))
    suggestion = _nearest(
        upper, PREFIX, [other for other in known if not other.startswith(_OWN_PREFIX)], _NEAR_OPTION
    )
    return _unknown(name, suggestion) if suggestion else None


def _unknown(name: str, suggestion: str | None, reason: str = "") -> UnknownSettingError:
    what = f"{printable(name)} is not a setting" + (f": {reason}" if reason else "")
    if suggestion:
        return UnknownSettingError(what, remedy=f"Did you mean {suggestion}?")
    return UnknownSettingError(
        what, remedy="Unset it; the settings reference lists those that begin with SENTRY_ASGI_."
    )


def _own_suggestion(upper: str, known: frozenset[str]) -> str | None:
    option = PREFIX + upper[len(_OWN_PREFIX) :]
    if option in known:
        return option
    return _nearest(
        upper, _OWN_PREFIX, [other for other in known if other.startswith(_OWN_PREFIX)], _NEAR_OWN
    )


def _nearest(name: str, prefix: str, known: Iterable[str], cutoff: float) -> str | None:
    # Rarely needed, so not worth its import at every start.
    import difflib

    rests: dict[str, str] = {other[len(prefix) :]: other for other in sorted(known)}
    rest = name[len(prefix) :]
    near = difflib.get_close_matches(rest, rests, n=1, cutoff=cutoff)
    # In a short name two letters the wrong way round (DNS for DSN) are far apart by that measure.
    near = near or [other for other in rests if sorted(other) == sorted(rest)]
    return rests[near[0]] if near else None


PREFIX = "SENTRY_"

# https://docs.sentry.io/cli/configuration/ and what its wrappers and bundler plug-ins read.
_OF_SENTRY_CLI = frozenset(
    (
        "SENTRY_ALLOW_FAILURE",
        "SENTRY_API_KEY",
        "SENTRY_AUTH_TOKEN",
        "SENTRY_CUSTOM_HEADER",
        "SENTRY_DISABLE_UPDATE_CHECK",
        "SENTRY_DOTENV_PATH",
        "SENTRY_DUMP_RESPONSES",
        "SENTRY_HEADER",
        "SENTRY_HTTP_MAX_RETRIES",
        "SENTRY_LOAD_DOTENV",
        "SENTRY_LOG_LEVEL",
        "SENTRY_NO_PROGRESS_BAR",
        "SENTRY_ORG",
        "SENTRY_PIPELINE",
        "SENTRY_PROJECT",
        "SENTRY_PROPERTIES",
        "SENTRY_URL",
        "SENTRY_VCS_BASE_REPO",
        "SENTRY_VCS_HEAD_REPO",
        "SENTRY_VCS_REMOTE",
    )
)
# Read by the SDK itself.
_OF_THE_SDK = frozenset(
    (
        "SENTRY_BAGGAGE",
        "SENTRY_PRINT_ENVELOPES",
        "SENTRY_SPOTLIGHT_MIDDLEWARE",
        "SENTRY_SPOTLIGHT_ON_ERROR",
        "SENTRY_TRACE",
        "SENTRY_USE_ENVIRONMENT",
        "SENTRY_INITIAL_SCOPE",
        "SENTRY_LAMBDA_WRAPPED_HANDLER",
    )
)
FOREIGN = _OF_SENTRY_CLI | _OF_THE_SDK
