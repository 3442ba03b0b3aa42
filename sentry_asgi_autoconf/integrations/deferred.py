"""Set up auto-enabling integrations when their libraries are imported, and import no library for it.

The SDK's way is to import every library that is installed, at init. What comes of it is the same here, for the
libraries that are imported.
"""

from __future__ import annotations

import weakref
from typing import Any, Callable, Mapping, TypeVar

from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.integrations import Integration

from sentry_asgi_autoconf import import_hook
from sentry_asgi_autoconf.exceptions import IntegrationError
from sentry_asgi_autoconf.import_strings import described
from sentry_asgi_autoconf.integrations import auto_enabling, event_loops, library_finder, unpatched
from sentry_asgi_autoconf.integrations.auto_enabling import TRIGGERS, integration_module, is_installed
from sentry_asgi_autoconf.integrations.library_finder import LibraryFinder
from sentry_asgi_autoconf.integrations.work_queue import Turns

T = TypeVar("T")

# Stands for the library of an integration that this package does not know: that is set up at init.
_UNKNOWN = ""

_deferrals: list[Deferral] = []
_listeners: list[Callable[[], None]] = []


def make_client(
    make: Callable[[Mapping[str, Any]], Any], given: Mapping[str, Any], *, defers: bool = True
) -> Any:
    """Give the client that `make` makes of init's arguments: those `given`, less the integrations that wait.

    Those of libraries wait only if it `defers`. Raises what `make` raises.
    """
    client = event_loops.make_client(lambda arguments: _make_client(make, arguments, defers=defers), given)
    # An earlier client's integrations stay installed in the SDK, which then takes them for active.
    for each in given.get("disabled_integrations") or ():
        client.integrations.pop(getattr(each, "identifier", None), None)
    return client


def _make_client(make: Callable[[Mapping[str, Any]], Any], given: Mapping[str, Any], *, defers: bool) -> Any:
    if not defers:
        return make(given)
    with _turns.held():
        deferral = _guarded("integrations cannot be deferred", lambda: _planned(given))
        if deferral is None:
            return make(given)
        client = make(deferral.arguments)
        _guarded("integrations cannot be deferred", lambda: _attach(deferral, client))
        return client


def watch() -> None:
    """Begin to notice what is imported, ahead of a client."""
    _finder.install()


def tell_when_set_up(listener: Callable[[], None]) -> None:
    """Call `listener` whenever integrations have been set up, in place of any before."""
    _listeners[:] = [listener]


def uninstall() -> None:
    """Set up nothing more for any client."""
    _deferrals.clear()


def _planned(given: Mapping[str, Any]) -> Deferral:
    watch()
    deferral = Deferral(given)
    unpatched.remember()
    library_finder.prepare(given)
    return deferral


def _attach(deferral: Deferral, client: Any) -> None:
    deferral.attach(client)
    _deferrals[:] = [each for each in _deferrals if each.client is not None]
    _deferrals.append(deferral)
    _turns.submit([_UNKNOWN, *filter(_finder.has_imported, TRIGGERS.values())])


def _enable(libraries: list[str]) -> None:
    """Set up what waits for libraries that have just been imported."""
    for library in libraries:
        _look_again(library)
    due = [name for name in _wanted() if _is_due(name, libraries)]
    loaded = {name: _load(name) for name in due}
    for library in libraries:
        unpatched.give_back(library)
    unpatched.remember()
    for name, integration in loaded.items():
        for deferral in _deferrals:
            if integration is not None and deferral.wants(name):
                _set_up(deferral, integration)
            deferral.done_with(name)
    newest = _deferrals[-1].client if _deferrals else None
    if newest is not None:
        auto_enabling.tell_name(newest)
    for listener in _listeners:
        listener()
    if None in loaded.values():
        _release([name for name, integration in loaded.items() if integration is None])


def _look_again(library: str) -> None:
    _guarded(f"the SDK cannot use {library}", lambda: library_finder.look_again(library))


def _wanted() -> list[str]:
    known = auto_enabling.import_strings()
    return [name for name in known if any(deferral.wants(name) for deferral in _deferrals)]


def _is_due(identifier: str, libraries: list[str]) -> bool:
    library = TRIGGERS.get(identifier, _UNKNOWN)
    module = integration_module(identifier)
    if module in libraries:
        return library in libraries or _finder.has_imported(library)
    # Who is importing the integration, and may be waiting for this thread to have imported the library, is told then.
    return library in libraries and not _finder.is_busy(module)


def _load(identifier: str) -> type[Integration] | None:
    import_string = auto_enabling.import_strings()[identifier]
    return _guarded(
        f"the integration {identifier} cannot be imported", lambda: auto_enabling.load(import_string)
    )


def _set_up(deferral: Deferral, integration: type[Integration]) -> None:
    client = deferral.client
    if client is not None:
        what = f"the integration {integration.identifier} cannot be set up"
        _guarded(what, lambda: auto_enabling.set_up(client, integration))


def _release(missing: list[str]) -> None:
    """Set up what was kept out for integrations that there turn out to be none of."""
    before = set(_wanted())
    for deferral in _deferrals:
        for name in missing:
            deferral.do_without(name)
    released = {TRIGGERS.get(name, _UNKNOWN) for name in _wanted() if name not in before}
    _turns.submit([library for library in released if _finder.has_imported(library)])


def _guarded(what: str, action: Callable[[], T]) -> T | None:
    return import_hook.guarded(
        action,
        lambda error: IntegrationError(
            f"{what}: {described(error)}",
            remedy="Upgrade sentry-sdk, or name the integration in SENTRY_DISABLED_INTEGRATIONS.",
        ),
    )


def _work(libraries: list[str]) -> None:
    _guarded("integrations cannot be set up", lambda: _enable(libraries))


_turns = Turns(_work, patience=5.0)
_finder = LibraryFinder(_turns.submit)


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
