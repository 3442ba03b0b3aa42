"""Plan which auto-enabling integrations one client gets once their libraries are imported."""

from __future__ import annotations

import weakref
from typing import Any, Mapping

from sentry_sdk.consts import DEFAULT_OPTIONS

from sentry_asgi_autoconf.sdk import auto_enabling
from sentry_asgi_autoconf.sdk.triggers import TRIGGERS, is_installed

_CHANGED = ("auto_enabling_integrations", "disabled_integrations")


class Deferral:
    """What one client waits for, and the arguments with which the SDK makes it without importing a library."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        """Take the arguments of `sentry_sdk.init`."""
        self._given = given
        self._client: Any = lambda: None
        explicit = {each.identifier: type(each) for each in given.get("integrations") or ()}
        disabled = {each.identifier: each for each in given.get("disabled_integrations") or ()}
        self._waiting: set[str] = set()
        # By an integration that takes the place of others, those others.
        self._deactivated: dict[str, set[str]] = {}
        self.arguments = dict(given)
        if any(map(auto_enabling.is_stand_in, disabled.values())):
            self.arguments["disabled_integrations"] = _classes(disabled, explicit)
        if _are_wanted(given):
            self._waiting = set(auto_enabling.import_strings()).difference(explicit, disabled)
            self._deactivate(set(explicit).difference(disabled))
            self._withhold()

    def _deactivate(self, explicit: set[str]) -> None:
        for name, others in auto_enabling.deactivations().items():
            # The SDK deactivates for what is installed, imported by the app or not.
            if name in explicit or (name in self._waiting and _may_be_there(name)):
                self._deactivated[name] = self._waiting.intersection(others)

    def _withhold(self) -> None:
        self.arguments["auto_enabling_integrations"] = False
        if self._deactivated:
            kept = self.arguments.get("disabled_integrations") or ()
            self.arguments["disabled_integrations"] = [*kept, *auto_enabling.never_deactivating()]

    def attach(self, client: Any) -> None:
        """Take the client that was made from the arguments, and let its options be as they were given."""
        self._client = weakref.ref(client)
        for name in _CHANGED:
            if name in DEFAULT_OPTIONS:
                client.options[name] = self._given.get(name, DEFAULT_OPTIONS[name])

    @property
    def client(self) -> Any:
        """The client; None before it is made and after it is gone."""
        return self._client()

    def wants(self, identifier: str) -> bool:
        """Whether the client is to have an integration once its library is imported."""
        return identifier in self._waiting and not any(
            identifier in others for others in self._deactivated.values()
        )

    def done_with(self, identifier: str) -> None:
        """Wait for an integration no longer."""
        self._waiting.discard(identifier)

    def do_without(self, identifier: str) -> None:
        """Wait no longer for an integration that there is none of, and not keep others out for it."""
        self._waiting.discard(identifier)
        self._deactivated.pop(identifier, None)


def _are_wanted(given: Mapping[str, Any]) -> bool:
    return all(
        given.get(name, DEFAULT_OPTIONS[name])
        for name in ("default_integrations", "auto_enabling_integrations")
    )


def _may_be_there(identifier: str) -> bool:
    return identifier not in TRIGGERS or is_installed(TRIGGERS[identifier])


def _classes(disabled: Mapping[str, Any], explicit: Mapping[str, type]) -> list[Any]:
    """Give what is disabled by classes that are imported; what is neither imported nor given is not set up anyway."""
    return [
        explicit.get(name, each) if auto_enabling.is_stand_in(each) else each
        for name, each in disabled.items()
        if name in explicit or not auto_enabling.is_stand_in(each)
    ]
