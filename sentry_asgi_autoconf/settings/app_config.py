"""The app's own config file as a layer of settings."""

from __future__ import annotations

from typing import Any, Mapping

from sentry_asgi_autoconf.exceptions import AutoconfError, UnreadableConfigError
from sentry_asgi_autoconf.origin import CONFIG_FILE, Origin
from sentry_asgi_autoconf.settings.config_place import VARIABLE, values_of
from sentry_asgi_autoconf.settings.keys import NOTHING, Table, did_you_mean, sorted_out
from sentry_asgi_autoconf.settings.toml_file import TomlFile, reason
from sentry_asgi_autoconf.shown_values import printable, shown


def read(path: str, problems: list[AutoconfError], *, is_named: bool) -> Table:
    """Return what the file says, which the variable names or which is beside the app."""
    try:
        file = TomlFile(path)
        keys, values = values_of(file)
    except (OSError, ValueError) as error:
        problems.append(_unreadable(path, f"{VARIABLE}={shown(path, 200)}" if is_named else "", error))
        return NOTHING

    def origin(key: str) -> Origin:
        return Origin(key, file.place((*keys, key)), layer=CONFIG_FILE)

    table = sorted_out(values, origin, problems)
    for key, candidate in list(table.further.items()):
        if key not in _sdk_options():
            del table.further[key]
            problems.append(_unknown(candidate.origin))
    return table


def _sdk_options() -> Mapping[str, Any]:
    from sentry_sdk.consts import DEFAULT_OPTIONS

    return DEFAULT_OPTIONS


def _unreadable(path: str, setting: str, error: Exception) -> UnreadableConfigError:
    what = setting or printable(path, 200)
    return UnreadableConfigError(
        f"{what} cannot be read: {reason(error)}",
        remedy="Correct the file or its place; until then it counts as empty.",
    )


def _unknown(origin: Origin) -> AutoconfError:
    from sentry_asgi_autoconf.exceptions import UnknownSettingError

    return UnknownSettingError(
        f"{printable(str(origin), 200)} is no setting", remedy=did_you_mean(origin.name)
    )
