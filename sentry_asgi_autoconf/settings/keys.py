"""The keys of files: a variable's name in lower case without SENTRY_, so that nobody learns two lists of names."""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple

from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import AutoconfError, UnknownSettingError
from sentry_asgi_autoconf.provenance import Candidate, Origin
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, field_of
from sentry_asgi_autoconf.settings.own import OWN_SETTINGS
from sentry_asgi_autoconf.settings.scalars import lower_case

OWN_PREFIX = "asgi_"
# Of variables, but not of keys.
_PREFIX = "sentry_"


class Table(NamedTuple):
    """A table's values by field of SDK_OPTIONS and of OWN_SETTINGS, and options that only a newer SDK knows."""

    options: dict[str, Candidate]
    own: dict[str, Candidate]
    further: dict[str, Candidate]


NOTHING = Table({}, {}, {})


def classify(
    values: Mapping[str, Any], origin_of: Callable[[str], Origin], problems: list[AutoconfError]
) -> Table:
    """Tell by their keys what the values of a table are; a key that is nothing of ours becomes a problem."""
    table = Table({}, {}, {})
    for key, value in values.items():
        candidate = Candidate(value, origin_of(key))
        if not key.startswith(OWN_PREFIX):
            known = field_of(key) in SDK_OPTIONS
            (table.options if known else table.further)[field_of(key) if known else key] = candidate
        elif _why_not(key, value):
            problems.append(_refused(key, candidate))
        else:
            table.own[key[len(OWN_PREFIX) :]] = candidate
    return table


def file_settings() -> list[str]:
    """Give the keys of this package's own settings that a file may hold."""
    return [OWN_PREFIX + name for name, option in OWN_SETTINGS.items() if not option.is_environment_only]


def nearest(key: str) -> str | None:
    """Give the key that `key` is a slip of the pen of, if there is one."""
    import difflib

    known = [*SDK_OPTIONS, *file_settings(), "_experiments"]
    key = key.lower()
    key = key[len(_PREFIX) :] if key.startswith(_PREFIX) else key
    return next(iter(difflib.get_close_matches(key, known, n=1, cutoff=0.8)), None)


def did_you_mean(key: str) -> str:
    """Give a remedy for an unknown key."""
    near = nearest(key)
    return f"Did you mean {near}?" if near else "The settings reference lists the keys."


def _why_not(key: str, value: Any) -> str | None:
    option = OWN_SETTINGS.get(key[len(OWN_PREFIX) :])
    if option is None:
        return "is no setting"
    if option.is_environment_only:
        return "is read from the environment only, before there are files to read"
    if key == f"{OWN_PREFIX}processes" and lower_case(value) in ("servers", "all"):
        return "can only be guarded: for all else the environment is read, before there are files to read"
    return None


def _refused(key: str, candidate: Candidate) -> UnknownSettingError:
    why = _why_not(key, candidate.value) or ""
    remedy = did_you_mean(key) if why == "is no setting" else f"Set SENTRY_{key.upper()} instead."
    return UnknownSettingError(f"{printable(str(candidate.origin), 200)} {why}", remedy=remedy)
