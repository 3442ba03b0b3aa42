"""Set up auto-enabling integrations when their libraries are imported, and import no library for it.

The SDK's way is to import every library that is installed, at init. What comes of it is the same here, for the
libraries that are imported.
"""

from __future__ import annotations

import functools
import weakref
from typing import Any, Callable, Mapping, TypeVar

from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.integrations import Integration

from sentry_asgi_autoconf import import_hook
from sentry_asgi_autoconf.exceptions import IntegrationError
from sentry_asgi_autoconf.import_strings import described
from sentry_asgi_autoconf.integrations import auto_enabling, event_loops, library_finder
from sentry_asgi_autoconf.integrations.auto_enabling import LIBRARIES, integration_module, is_stand_in
from sentry_asgi_autoconf.integrations.library_finder import LibraryFinder
from sentry_asgi_autoconf.integrations.work_queue import WorkQueue

T = TypeVar("T")

# Stands for the library of an integration that this package does not know: that is set up at init.
_UNKNOWN = ""

_deferrals: list[Deferral] = []
_listeners: list[Callable[[], None]] = []


def make_client(
    make: Callable[[Mapping[str, Any]], Any], given: Mapping[str, Any], *, defers: bool = True
) -> Any:
    """Return the client that `make` makes of init's arguments: those `given`, less the integrations that wait.

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
    with _queue.held():
        deferral = _guarded("integrations cannot be deferred", lambda: _planned(given))
        if deferral is None:
            return make(given)
        client = make(deferral.arguments)
        _guarded("integrations cannot be deferred", lambda: _attach(deferral, client))
        return client


def watch() -> None:
    """Begin to notice what is imported, ahead of a client."""
    _finder.install()


def call_when_set_up(listener: Callable[[], None]) -> None:
    """Call `listener` whenever integrations have been set up, in place of any before."""
    _listeners[:] = [listener]


def uninstall() -> None:
    """Set up nothing more for any client."""
    _deferrals.clear()


def _planned(given: Mapping[str, Any]) -> Deferral:
    watch()
    deferral = Deferral(given)
    auto_enabling.remember_originals()
    library_finder.prepare(given)
    return deferral


def _attach(deferral: Deferral, client: Any) -> None:
    deferral.attach(client)
    _deferrals[:] = [*(each for each in _deferrals if each.client() is not None), deferral]
    _queue.submit([_UNKNOWN, *filter(_finder.has_imported, LIBRARIES.values())])


def _enable(libraries: list[str]) -> None:
    """Set up what waits for libraries that have just been imported."""
    for library in libraries:
        _guarded(f"the SDK cannot use {library}", functools.partial(library_finder.look_again, library))
    loaded = {name: _load(name) for name in _wanted() if _is_due(name, libraries)}
    for library in libraries:
        auto_enabling.restore_originals(library)
    auto_enabling.remember_originals()
    for name, integration in loaded.items():
        for deferral in _deferrals:
            if integration is not None and deferral.wants(name):
                _set_up(deferral.client(), integration)
            deferral.waiting.discard(name)
    newest = _deferrals[-1].client() if _deferrals else None
    if newest is not None:
        auto_enabling.set_name(newest)
    for listener in _listeners:
        listener()
    if None in loaded.values():
        _readmit([name for name, integration in loaded.items() if integration is None])


def _wanted() -> list[str]:
    known = auto_enabling.import_strings()
    return [name for name in known if any(deferral.wants(name) for deferral in _deferrals)]


def _is_due(identifier: str, libraries: list[str]) -> bool:
    library = LIBRARIES.get(identifier, _UNKNOWN)
    module = integration_module(identifier)
    if module in libraries:
        return library in libraries or _finder.has_imported(library)
    # Who is importing the integration, and may wait for this thread to have imported the library, reports it then.
    return library in libraries and not _finder.is_busy(module)


def _load(identifier: str) -> type[Integration] | None:
    import_string = auto_enabling.import_strings()[identifier]
    return _guarded(
        f"the integration {identifier} cannot be imported", lambda: auto_enabling.load(import_string)
    )


def _set_up(client: Any, integration: type[Integration]) -> None:
    if client is not None:
        what = f"the integration {integration.identifier} cannot be set up"
        make = functools.partial(auto_enabling.instance_of, integration)
        _guarded(what, lambda: auto_enabling.set_up(client, make))


def _readmit(missing: list[str]) -> None:
    """Set up what was kept out for integrations that there turn out to be none of."""
    before = set(_wanted())
    for deferral in _deferrals:
        for name in missing:
            deferral.deactivated.pop(name, None)
    readmitted = {LIBRARIES.get(name, _UNKNOWN) for name in _wanted() if name not in before}
    _queue.submit([library for library in readmitted if _finder.has_imported(library)])


def _guarded(what: str, action: Callable[[], T]) -> T | None:
    return import_hook.guarded(
        action,
        lambda error: IntegrationError(
            f"{what}: {described(error)}",
            remedy="Upgrade sentry-sdk, or name the integration in SENTRY_DISABLED_INTEGRATIONS.",
        ),
    )


_queue = WorkQueue(
    lambda libraries: _guarded("integrations cannot be set up", lambda: _enable(libraries)), patience=5.0
)
_finder = LibraryFinder(_queue.submit)


class Deferral:
    """What one client waits for, and the arguments with which the SDK makes it without importing a library."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self._given = given
        # Returns the client; None before it is made and after it is gone.
        self.client: Callable[[], Any] = lambda: None
        explicit = {each.identifier: type(each) for each in given.get("integrations") or ()}
        disabled = {each.identifier: each for each in given.get("disabled_integrations") or ()}
        self.waiting: set[str] = set()
        # By an integration that takes the place of others, those others.
        self.deactivated: dict[str, set[str]] = {}
        self.arguments = dict(given)
        if any(map(is_stand_in, disabled.values())):
            # By classes that are imported; what is neither imported nor given is not set up anyway.
            self.arguments["disabled_integrations"] = [
                explicit.get(name, each) if is_stand_in(each) else each
                for name, each in disabled.items()
                if name in explicit or not is_stand_in(each)
            ]
        if all(_option(given, name) for name in ("default_integrations", "auto_enabling_integrations")):
            self.waiting = set(auto_enabling.import_strings()).difference(explicit, disabled)
            self._deactivate(set(explicit).difference(disabled))
            self.arguments["auto_enabling_integrations"] = False

    def _deactivate(self, explicit: set[str]) -> None:
        for name, others in auto_enabling.deactivations().items():
            # The SDK deactivates for what is installed, imported by the app or not.
            if name in explicit or (name in self.waiting and auto_enabling.may_be_installed(name)):
                self.deactivated[name] = self.waiting.intersection(others)
        if self.deactivated:
            kept = self.arguments.get("disabled_integrations") or ()
            self.arguments["disabled_integrations"] = [*kept, *auto_enabling.never_deactivating()]

    def attach(self, client: Any) -> None:
        """Take the client that was made from the arguments, and let its options be as they were given."""
        self.client = weakref.ref(client)
        for name in ("auto_enabling_integrations", "disabled_integrations"):
            if name in DEFAULT_OPTIONS:
                client.options[name] = _option(self._given, name)

    def wants(self, identifier: str) -> bool:
        """Whether the client is to have an integration once its library is imported."""
        is_deactivated = any(identifier in others for others in self.deactivated.values())
        return identifier in self.waiting and not is_deactivated


def _option(given: Mapping[str, Any], name: str) -> Any:
    return given.get(name, DEFAULT_OPTIONS.get(name))
