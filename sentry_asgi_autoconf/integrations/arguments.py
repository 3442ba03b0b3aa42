"""Make integrations with the arguments that `SENTRY_INTEGRATION_OPTIONS` gives them; imported where it gives any."""

from __future__ import annotations

import difflib
import inspect
import re
from typing import Any, Iterator, Mapping

from sentry_sdk.integrations import Integration, iter_default_integrations

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.console import printable, shown
from sentry_asgi_autoconf.exceptions import (
    AutoconfError,
    InvalidSettingError,
    UnknownIntegrationError,
    UnresolvedImportError,
)
from sentry_asgi_autoconf.import_strings import guarded
from sentry_asgi_autoconf.integrations import auto_enabling, by_name

_COLLECTIONS = (frozenset, list, set, tuple)


class GivenArguments:
    """What the setting says, by integration; `origin` tells where it says so."""

    def __init__(self, given: Mapping[str, Mapping[str, Any]], origin: str) -> None:
        self._given = given
        self._origin = origin

    def unknown(self) -> Iterator[AutoconfError]:
        """Yield a problem for each name that is not an integration's."""
        for name in self._given:
            try:
                by_name.check(name)
            except UnknownIntegrationError as error:
                yield UnknownIntegrationError(f"{self._origin}: {error.what}", remedy=error.remedy)

    def default_ones(self) -> Iterator[Integration]:
        """Yield those integrations that the SDK sets up at init, and would make without arguments."""
        for integration in iter_default_integrations(False):
            if integration.identifier in self._given:
                yield self.make(integration)

    def eager_ones(self) -> Iterator[Integration]:
        """Yield those of libraries, where all that are installed are set up at init."""
        for name, import_string in auto_enabling.import_strings().items():
            found = auto_enabling.load(import_string) if name in self._given else None
            if found is not None:
                yield self.make(found)

    def make(self, integration: type[Integration], usual: Mapping[str, Any] = {}) -> Integration:
        """Return an integration with its arguments: without those that it does not take, each of which is told."""
        given = self._given.get(integration.identifier, {})
        if not given:
            return integration(**usual)
        known = inspect.signature(integration.__init__).parameters
        arguments = dict(usual)
        for name, value in given.items():
            try:
                arguments[name] = _fitting(integration, name, value, known)
            except ValueError as error:
                self._tell(integration, name, str(error))
        try:
            return guarded(lambda: integration(**arguments), f"making a {integration.__name__}")
        except UnresolvedImportError as error:  # of values that it looks at itself
            self._tell(integration, ", ".join(arguments), f"was refused: {error.what}")
            return integration(**usual)

    def _tell(self, integration: type[Integration], name: str, why: str) -> None:
        what = f"{self._origin}: {integration.identifier}.{printable(name)} {why}"
        console.say("warning", InvalidSettingError(what, remedy="Until then its default applies."))


def _fitting(integration: type[Integration], name: str, value: Any, known: Mapping[str, Any]) -> Any:
    """Return a value as the constructor takes it. Raises ValueError."""
    if name not in known or name == "self":
        near = difflib.get_close_matches(name, [each for each in known if each != "self"], n=1)
        suggestion = f"did you mean {near[0]}?" if near else f"it takes {', '.join([*known][1:]) or 'none'}"
        raise ValueError(f"is not an argument of {integration.__name__}: {suggestion}")
    if value is None and re.search("None|Optional", str(known[name].annotation)):
        return None
    default = known[name].default
    if isinstance(default, _COLLECTIONS) and isinstance(value, list):
        return type(default)(value)
    is_number = isinstance(default, (int, float)) and not isinstance(default, bool)
    kind: Any = (int, float) if is_number else type(default)
    has_kind = isinstance(default, (bool, str, *_COLLECTIONS)) or is_number
    if has_kind and (not isinstance(value, kind) or isinstance(value, bool) != isinstance(default, bool)):
        raise ValueError(f"is {shown(value)}, but takes a value like {shown(default)}")
    return value
