"""Stand for a process that this package initialises: the values of its settings are what a test gives its client."""

from __future__ import annotations

import itertools
import os
import sys
from types import ModuleType
from typing import Any, Callable, Mapping, Sequence

import sentry_sdk
import sentry_sdk.integrations

from sentry_asgi_autoconf import client_calls, runtime
from sentry_asgi_autoconf.activation import decision, init_stage, layers
from sentry_asgi_autoconf.activation.init_stage import Decision
from sentry_asgi_autoconf.activation.layers import Loaded
from sentry_asgi_autoconf.exceptions import SdkError
from sentry_asgi_autoconf.import_strings import IntegrationReference
from sentry_asgi_autoconf.integrations import deferred
from sentry_asgi_autoconf.provenance import Origin
from sentry_asgi_autoconf.sdk import clients
from sentry_asgi_autoconf.serving.request_layer import request_opener

# Where import strings lead to the objects that a test gives: settings name such by import string.
_OBJECTS = ModuleType("conformance_objects")
sys.modules[_OBJECTS.__name__] = _OBJECTS
_NAMED = ("integrations", "disabled_integrations")

_numbers = itertools.count()
_initialised = False


def begin() -> None:
    """Forget the test before: a process that has read its settings, of which there are none so far, and guards."""
    global _initialised
    _initialised = False
    init_stage._integrations = _integrations
    request_opener.__init__()  # type: ignore[misc] # as in a process of its own
    deferred.uninstall()
    client_calls._last_init.clear()
    _activate(_settings({}))


def was_initialised() -> bool:
    """Whether the test's client was made from settings."""
    return _initialised


def as_settings(sentry_init: Callable[..., Any]) -> Callable[..., Any]:
    """Return the fixture's function, which makes its client from settings."""

    def init(*args: Any, **kwargs: Any) -> Any:
        client_class = sentry_sdk.Client

        def make(*args: Any, **kwargs: Any) -> Any:
            sentry_sdk.Client = client_class
            given = client_calls.Call(args, kwargs).given()
            # What the SDK would refuse to read cannot be a setting.
            return client_class(*args, **kwargs) if given is None else _initialise(given)

        sentry_sdk.Client = make
        try:
            return sentry_init(*args, **kwargs)
        finally:
            sentry_sdk.Client = client_class

    return init


def _initialise(given: Mapping[str, Any]) -> Any:
    """Initialise the process, but for the question of a DSN: a test's transport is enough."""
    global _initialised
    refusals: list[SdkError] = []

    def without_dsn(arguments: Any, loaded: Loaded, report: Any) -> Decision:
        try:
            clients.init(clients.final_arguments(arguments, report).arguments, defers=arguments.defers)
        except SdkError as error:
            refusals.append(error)
        return decision.SDK_INIT_FAILED if refusals else decision.ACTIVE

    original = init_stage._initialised
    init_stage._initialised = without_dsn
    try:
        _activate(_settings({name: value for name, value in given.items() if value is not None}))
    finally:
        init_stage._initialised = original
    for refusal in refusals:
        # A process would say so in one line and serve without Sentry; a test that expects an error is told.
        raise refusal.__cause__ or refusal
    _initialised = True
    return sentry_sdk.get_client()


def _activate(settings: Loaded) -> None:
    process = runtime.this_process = runtime.Runtime()
    process._settings = settings
    process.activate()


def _settings(options: Mapping[str, Any]) -> Loaded:
    """Return what a test gives as settings, with those of the environment, of which it may set variables too."""
    loaded = layers.load(os.environ)
    named = {name: [_named(each) for each in options[name]] for name in _NAMED if name in options}
    given = {**options, **named}
    return loaded._replace(
        options={**loaded.options, **given},
        sources={**loaded.sources, **dict.fromkeys(given, Origin("a test", "its init"))},
    )


def _named(integration: Any) -> Any:
    name = f"integration_{next(_numbers)}"
    setattr(_OBJECTS, name, integration)
    return IntegrationReference(f"{_OBJECTS.__name__}:{name}")


def _integrations() -> Sequence[str]:
    """Name those that act in this process: once a test has set them up, they do for those after it."""
    client = sentry_sdk.get_client()
    return list(
        client.integrations if client.is_active() else sentry_sdk.integrations._installed_integrations
    )
