"""An organisation's own functions that change the options before each `sentry_sdk.init`."""

from __future__ import annotations

from typing import Any

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import ConfiguratorError, UnresolvedImportError
from sentry_asgi_autoconf.import_strings import guarded

_REMEDY = "Mend it; until then nothing leaves this process."


def exist() -> bool:
    """Whether there is any."""
    group = entry_points.CONFIGURATORS
    return bool(entry_points.in_group(group) or entry_points.unreadable(group))


def applied(options: dict[str, Any]) -> dict[str, Any]:
    """Give `options` as the configurators leave them, each in turn by name: changed in place, or given back.

    Raises ConfiguratorError: what a configurator that fails would have kept in is not known.
    """
    for distribution in entry_points.unreadable(entry_points.CONFIGURATORS):
        raise ConfiguratorError(
            f"the metadata of {printable(distribution)}, which declares a configurator, cannot be read",
            remedy=_REMEDY,
        )
    for point in entry_points.in_group(entry_points.CONFIGURATORS):
        options = _applied(point, dict(options))
    return options


def _applied(point: Any, options: dict[str, Any]) -> dict[str, Any]:
    name = f"the configurator {printable(str(point.name))} ({printable(str(point.value))})"
    try:
        function = guarded(point.load, f"loading {point.value}")
        result: Any = guarded(lambda: function(options), f"calling {point.value}")
    except UnresolvedImportError as error:
        raise ConfiguratorError(f"{name} failed: {error.what}", remedy=_REMEDY) from error
    if result is None:
        return options
    if not isinstance(result, dict) or not all(isinstance(key, str) for key in result):
        raise ConfiguratorError(
            f"{name} gave an object of type {type(result).__name__}",
            remedy=f"It is to give the options as a dict, or None. {_REMEDY}",
        )
    return result
