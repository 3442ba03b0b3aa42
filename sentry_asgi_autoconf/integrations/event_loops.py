"""Set up the SDK's asyncio integration in each event loop that serves, before the app is called in it.

The integration patches the loop that runs while it is set up: at init, before the server runs, there is none.
"""

from __future__ import annotations

import asyncio
import sys
import weakref
from typing import Any, Callable, Mapping

import sentry_sdk

from sentry_asgi_autoconf import console, import_hook
from sentry_asgi_autoconf.exceptions import EventLoopError, IntegrationError
from sentry_asgi_autoconf.import_strings import described

INTEGRATION = "asyncio"
_MODULE = f"sentry_sdk.integrations.{INTEGRATION}"


class ServingLoops:
    """The loops of this process in which apps are called; they `matter` once a client has the integration."""

    def __init__(self) -> None:
        self.matter = False
        self._latest: Callable[[], Any] = _never_seen
        self._has_warned = False

    def enter(self) -> None:
        """Look at the loop that runs here, unless it was the latest to be looked at; for each request."""
        loop = _running_loop()
        if loop is not self._latest():
            self._latest = _reference(loop)
            integration = sentry_sdk.get_client().get_integration(INTEGRATION)
            if is_sdks(integration):
                self._set_up(loop, integration)

    def client_has(self, integration: Any) -> None:
        """Take note that a client with the integration is made, perhaps in a loop that serves already."""
        self.matter, self._latest = True, _never_seen
        loop = _running_loop()
        if loop is not None:
            self._set_up(loop, integration)

    def _set_up(self, loop: Any, integration: Any) -> None:
        if loop is not None:
            _guarded(lambda: _TaskFactory.put_beneath_sentrys(loop, integration))
        elif is_in_trio() and not self._has_warned:
            self._has_warned = True
            error = EventLoopError(
                f"the integration {INTEGRATION} does nothing here: trio runs the app, not an event loop of asyncio",
                remedy=f"Have the server use asyncio or uvloop, or take {INTEGRATION} out of SENTRY_INTEGRATIONS.",
            )
            console.say("warning", error)


class _TaskFactory:
    """The task factory of a loop as the app has set it: the loop goes on showing it, and Sentry's goes around it."""

    def __init__(self, loop: Any, integration: Any) -> None:
        self._integration = integration
        self._factory = loop.get_task_factory()
        self._set = loop.set_task_factory

    @classmethod
    def put_beneath_sentrys(cls, loop: Any, integration: Any) -> None:
        """Set up the integration in a loop, once."""
        is_set_up = isinstance(getattr(loop.set_task_factory, "__self__", None), cls)
        if not is_set_up and not _is_sentrys(loop.get_task_factory()):  # as an app may have set it up itself
            factory = cls(loop, integration)
            loop.get_task_factory, loop.set_task_factory = factory.get, factory.set
            integration.setup_once()

    def get(self) -> Any:
        """Return the app's factory, None for asyncio's own."""
        return self._factory

    def set(self, factory: Any) -> None:
        """Set the app's factory. Raises what the loop raises."""
        self._set(factory)
        if not _is_sentrys(factory):
            self._factory = factory
            _guarded(self._integration.setup_once)


def is_sdks(integration: Any) -> bool:
    """Whether this is the SDK's asyncio integration."""
    module: Any = sys.modules.get(_MODULE)
    return module is not None and isinstance(integration, module.AsyncioIntegration)


def is_in_trio() -> bool:
    """Whether the caller runs in trio."""
    try:
        sys.modules["trio.lowlevel"].current_trio_token()
    except (KeyError, RuntimeError):
        return False
    return True


def _running_loop() -> Any:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _never_seen() -> Any:
    return _never_seen


def _reference(loop: Any) -> Callable[[], Any]:
    try:
        return weakref.ref(loop)
    except TypeError:  # None, or a loop that takes none
        return lambda: loop


def _is_sentrys(factory: Any) -> bool:
    # Older releases of the SDK put no mark on it.
    return getattr(factory, "__module__", None) == _MODULE


def _guarded(action: Callable[[], None]) -> None:
    import_hook.guarded(
        action,
        lambda error: IntegrationError(
            f"the integration {INTEGRATION} cannot be set up in the loop that serves: {described(error)}",
            remedy=f"Upgrade sentry-sdk, or take {INTEGRATION} out of SENTRY_INTEGRATIONS.",
        ),
    )


serving_loops = ServingLoops()
_taking_over: list[bool] = []


def take_over() -> None:
    """Set the integration up in serving loops from now on, as this process is about to serve."""
    _taking_over[:] = [True]


def uninstall() -> None:
    """Leave the integration to the SDK."""
    _taking_over.clear()


def make_client(make: Callable[[Mapping[str, Any]], Any], given: Mapping[str, Any]) -> Any:
    """Return the client that `make` makes of init's arguments. Raises what `make` raises."""
    integration = _integration_of(given) if _taking_over else None
    if integration is None:
        return make(given)
    others = [each for each in given["integrations"] if not is_sdks(each)]
    client = make({**given, "integrations": others})
    client.options["integrations"] = given["integrations"]
    client.integrations = {**client.integrations, INTEGRATION: integration}
    serving_loops.client_has(integration)
    return client


def _integration_of(given: Mapping[str, Any]) -> Any:
    integrations = given.get("integrations")
    disabled = [getattr(each, "identifier", None) for each in given.get("disabled_integrations") or ()]
    if not isinstance(integrations, (list, tuple)) or INTEGRATION in disabled:
        return None
    return next(filter(is_sdks, reversed(integrations)), None)
