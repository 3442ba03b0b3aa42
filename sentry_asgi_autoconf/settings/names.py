"""Know a setting by its name: of a variable, or of a key in a file, which is the variable's in lower case."""

from __future__ import annotations

from typing import Any, Callable, Iterable, Mapping

from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import AutoconfError, UnknownSettingError
from sentry_asgi_autoconf.provenance import Candidate, Origin
from sentry_asgi_autoconf.settings.destinations import is_nearly_dsn
from sentry_asgi_autoconf.settings.options import OPTIONS_JSON, SDK_OPTIONS, field_of
from sentry_asgi_autoconf.settings.own import OWN_KEYS, OWN_SETTINGS
from sentry_asgi_autoconf.settings.sources import Table
from sentry_asgi_autoconf.settings.values import lower_case

_PREFIX = "SENTRY_"
_OWN_VARIABLE = "SENTRY_ASGI_"
# Of 1; variables are compared without their prefix, which would make all of them alike.
_NEAR_OPTION, _NEAR_OWN, _NEAR_KEY = 0.86, 0.6, 0.8


def classify(
    values: Mapping[str, Any], origin_of: Callable[[str], Origin], problems: list[AutoconfError]
) -> Table:
    """Sort the values of a table by their keys; a key that is not a setting, nor new in the SDK, becomes a problem."""
    table = Table({}, {}, {})
    for key, value in values.items():
        candidate, refusal = Candidate(value, origin_of(key)), _refusal(key, value)
        if refusal:
            why, remedy = refusal
            what = f"{printable(str(candidate.origin), 200)} {why}"
            problems.append(UnknownSettingError(what, remedy=remedy))
        elif key in OWN_KEYS:
            table.own[OWN_KEYS[key].name] = candidate
        elif field_of(key) in SDK_OPTIONS:
            table.options[field_of(key)] = candidate
        else:
            table.further[key] = candidate
    return table


def file_settings() -> list[str]:
    """Return the keys of this package's own settings that a file may hold."""
    return [key for key, option in OWN_KEYS.items() if not option.is_environment_only]


def did_you_mean(key: str) -> str:
    """Return a remedy for an unknown key."""
    word = key.lower()
    word = word[len(_PREFIX) :] if word.startswith(_PREFIX.lower()) else word
    near = _nearest(word, [*SDK_OPTIONS, *file_settings(), "_experiments"], _NEAR_KEY)
    return f"Did you mean {near}?" if near else "The settings reference lists the keys."


def _refusal(key: str, value: Any) -> tuple[str, str] | None:
    """Return why a key may not stand in a file, and a remedy."""
    own = OWN_KEYS.get(key)
    if not own and field_of(key) not in SDK_OPTIONS:
        # Not for what is known: an excluded process imports no SDK.
        from sentry_sdk.consts import DEFAULT_OPTIONS

        if key not in DEFAULT_OPTIONS:
            return "is not a setting", did_you_mean(key)
    why = ""
    if own and own.is_environment_only:
        why = "is read from the environment only, before any file is read"
    elif own and own.name == "processes" and lower_case(value) in ("servers", "all"):
        why = "can only be guarded in a file: other values are read from the environment, before any file is read"
    return (why, f"Set SENTRY_{key.upper()} instead.") if why else None


def known_variables() -> frozenset[str]:
    """Return the name of every variable that is a setting."""
    declared = (SDK_OPTIONS, OPTIONS_JSON, OWN_SETTINGS)
    return frozenset(option.variable for options in declared for option in options.values())


def unknown_variables(names: Iterable[str]) -> list[UnknownSettingError]:
    """Return a problem for each name that looks like a typo."""
    known = known_variables()
    unknown = {name for name in names if name.upper().startswith(_PREFIX) or is_nearly_dsn(name)}
    problems = (_problem(name, known) for name in sorted(unknown - known - _FOREIGN))
    return [problem for problem in problems if problem is not None]


def _problem(name: str, known: frozenset[str]) -> UnknownSettingError | None:
    upper = name.upper()
    if upper in known:
        return _unknown(name, upper, ": names are in upper case")
    if upper in _FOREIGN:
        return None
    if is_nearly_dsn(name):  # also where the DSN is another layer's
        return _unknown(name, "SENTRY_DSN")
    own = {variable for variable in known if variable.startswith(_OWN_VARIABLE)}
    if upper.startswith(_OWN_VARIABLE):
        option = _PREFIX + upper[len(_OWN_VARIABLE) :]
        near = option if option in known else _nearest_variable(upper, own, _OWN_VARIABLE, _NEAR_OWN)
        return _unknown(name, near)
    suggestion = _nearest_variable(upper, known - own, _PREFIX, _NEAR_OPTION)
    return _unknown(name, suggestion) if suggestion else None


def _unknown(name: str, suggestion: str | None, reason: str = "") -> UnknownSettingError:
    general = "Unset it; the settings reference lists those that begin with SENTRY_ASGI_."
    remedy = f"Did you mean {suggestion}?" if suggestion else general
    return UnknownSettingError(f"{printable(name)} is not a setting{reason}", remedy=remedy)


def _nearest_variable(name: str, known: Iterable[str], prefix: str, cutoff: float) -> str | None:
    near = _nearest(name[len(prefix) :], [other[len(prefix) :] for other in sorted(known)], cutoff)
    return prefix + near if near else None


def _nearest(name: str, known: list[str], cutoff: float) -> str | None:
    # Rarely needed, so not worth its import at every start.
    import difflib

    near = difflib.get_close_matches(name, known, n=1, cutoff=cutoff)
    # In a short name two letters the wrong way round (DNS for DSN) are far apart by that measure.
    near = near or [other for other in known if sorted(other) == sorted(name)]
    return near[0] if near else None


# fmt: off
_FOREIGN = frozenset(_PREFIX + name for name in (
    # https://docs.sentry.io/cli/configuration/ and what its wrappers and bundler plug-ins read.
    "ALLOW_FAILURE", "API_KEY", "AUTH_TOKEN", "CUSTOM_HEADER", "DISABLE_UPDATE_CHECK", "DOTENV_PATH", "DUMP_RESPONSES",
    "HEADER", "HTTP_MAX_RETRIES", "LOAD_DOTENV", "LOG_LEVEL", "NO_PROGRESS_BAR", "ORG", "PIPELINE", "PROJECT",
    "PROPERTIES", "URL", "VCS_BASE_REPO", "VCS_HEAD_REPO", "VCS_REMOTE",
    # Read by the SDK itself.
    "BAGGAGE", "PRINT_ENVELOPES", "SPOTLIGHT_MIDDLEWARE", "SPOTLIGHT_ON_ERROR", "TRACE", "USE_ENVIRONMENT",
    "INITIAL_SCOPE", "LAMBDA_WRAPPED_HANDLER",
))
# fmt: on
