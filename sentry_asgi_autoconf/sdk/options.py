"""Turn settings into the keyword arguments of `sentry_sdk.init`, as far as the installed SDK knows them."""

from __future__ import annotations

from typing import Any, Mapping

from sentry_sdk import consts, transport

from sentry_asgi_autoconf.exceptions import AutoconfError, UnresolvedImportError, UnsupportedOptionError
from sentry_asgi_autoconf.origin import ENVIRONMENT, Origin
from sentry_asgi_autoconf.references import ImportReference, guarded
from sentry_asgi_autoconf.sdk import deferred, integrations
from sentry_asgi_autoconf.shown_values import printable, shown


def build(
    options: Mapping[str, Any], sources: Mapping[str, Origin] | None = None, *, defers: bool = False
) -> tuple[dict[str, Any], list[AutoconfError]]:
    """Give the arguments for `sentry_sdk.init`, and a problem for everything that was left out.

    Import strings are imported here; where integrations wait for their libraries, as `defers` says, the names of
    those that are disabled are not. `sources` gives the origin of each option for the problems' text.
    """
    if defers:
        deferred.watch()
    arguments: dict[str, Any] = {}
    problems: list[AutoconfError] = []
    for name, value in options.items():
        setting = _Setting(name, (sources or {}).get(name))
        try:
            arguments[name] = _argument(setting, value, problems, defers)
        except AutoconfError as error:
            problems.append(error)
    # Said even where it is off: the SDK would read a SENTRY_SPOTLIGHT that was refused.
    arguments.setdefault("spotlight", False)
    return arguments, problems


class _Setting:
    """The option at hand, and how a problem names it."""

    def __init__(self, name: str, origin: Origin | None) -> None:
        self.name = name
        usual = f"SENTRY_{name.lstrip('_').upper()}"
        self._origin = origin or Origin(usual, ENVIRONMENT)
        self._key = name if self._origin.layer == ENVIRONMENT and self._origin.name != usual else ""
        place = self._origin.place
        self._place = "" if place == ENVIRONMENT else f" ({printable(place, 200)})"

    def is_set_to(self, value: object) -> str:
        """Give `SENTRY_BEFORE_SEND='no.such:thing'`."""
        if self._key:
            return f"{printable(self._key)}={shown(value)} in {self._origin.name}{self._place}"
        return f"{self._origin.name}={shown(value)}{self._place}"

    def __str__(self) -> str:
        """Give the variable, and the option if the variable holds several."""
        name = self._origin.name
        return f"{printable(self._key)} in {name}" if self._key else f"{name}{self._place}"


def _argument(setting: _Setting, value: Any, problems: list[AutoconfError], defers: bool) -> Any:
    """Give the value as `init` takes it; what a list loses becomes a problem. Raises AutoconfError."""
    if setting.name not in consts.DEFAULT_OPTIONS:
        raise UnsupportedOptionError(
            f"{setting} is left out: sentry-sdk {consts.VERSION} has no such option",
            remedy="Upgrade sentry-sdk, or unset it.",
        )
    if setting.name == "integrations":
        return _each(setting, value, integrations.instance, problems)
    if setting.name == "disabled_integrations":
        find = integrations.disabled if defers else integrations.installed_class
        classes = _each(setting, value, find, problems)
        return [found for found in classes if found is not None]
    if setting.name == "ignore_errors":
        return _each(setting, value, _error, problems)
    if isinstance(value, ImportReference):
        return _used(setting, value, _CONVERTERS.get(setting.name, _callable))
    return value


def _each(setting: _Setting, values: Any, convert: Any, problems: list[AutoconfError]) -> list[Any]:
    converted = []
    for value in values:
        try:
            converted.append(_used(setting, value, convert))
        except AutoconfError as error:
            problems.append(error)
    return converted


def _used(setting: _Setting, value: Any, convert: Any) -> Any:
    """Convert a value; an error says which setting it is about."""
    try:
        return convert(value)
    except AutoconfError as error:
        what = f"{setting.is_set_to(value)} is left out: {error.what}"
        raise type(error)(what, remedy=error.remedy) from error


def _callable(reference: ImportReference) -> Any:
    found = reference.resolve()
    if not callable(found):
        raise _unusable(found, "cannot be called", "Name a function.")
    return found


def _error(name: str) -> Any:
    """Give the exception class of an import string; a class name stays text."""
    if not isinstance(name, ImportReference):
        return name
    found = name.resolve()
    if not (isinstance(found, type) and issubclass(found, BaseException)):
        raise _unusable(found, "is no exception class", "Name an exception class.")
    return found


def _event_scrubber(reference: ImportReference) -> Any:
    found = reference.resolve()
    if isinstance(found, type):
        found = guarded(found, f"calling {reference}")
    if not callable(getattr(found, "scrub_event", None)):
        raise _unusable(found, "has no method scrub_event", "Name an EventScrubber, or a class of one.")
    return found


def _transport(reference: ImportReference) -> Any:
    found = reference.resolve()
    if not isinstance(found, transport.Transport) and not callable(found):
        raise _unusable(found, "is no transport", "Name a sentry_sdk.transport.Transport, or a function.")
    return found


def _unusable(found: object, why: str, remedy: str) -> UnresolvedImportError:
    return UnresolvedImportError(
        f"it leads to an object of type {type(found).__name__}, which {why}", remedy=remedy
    )


_CONVERTERS = {"event_scrubber": _event_scrubber, "transport": _transport}
