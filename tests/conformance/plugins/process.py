"""Stand for a process that this package initialises: the values of its settings are what a test gives its client."""

from __future__ import annotations

import itertools
import os
import sys
from types import ModuleType
from typing import Any, Callable, Mapping

import sentry_sdk

from sentry_asgi_autoconf import activation, init_arguments, runtime
from sentry_asgi_autoconf.exceptions import SdkError
from sentry_asgi_autoconf.references import IntegrationReference
from sentry_asgi_autoconf.sdk import deferred, guard, init_call, initialise
from sentry_asgi_autoconf.settings import loading
from sentry_asgi_autoconf.wrapping.head_sampling import head_sampling

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
    runtime._runtime = runtime.Runtime()
    head_sampling.__init__()  # type: ignore[misc] # as in a process of its own
    deferred.withdraw()
    guard._remembered.clear()
    _guard(_arguments({}))


def was_initialised() -> bool:
    """Whether the test's client was made from settings."""
    return _initialised


def as_settings(sentry_init: Callable[..., Any]) -> Callable[..., Any]:
    """Return the fixture's function, which makes its client from settings."""

    def init(*args: Any, **kwargs: Any) -> Any:
        client_class = sentry_sdk.Client

        def make(*args: Any, **kwargs: Any) -> Any:
            sentry_sdk.Client = client_class
            given = init_call.given(args, kwargs)
            # What the SDK would refuse to read cannot be a setting.
            return client_class(*args, **kwargs) if given is None else _initialise(given)

        sentry_sdk.Client = make
        try:
            return sentry_init(*args, **kwargs)
        finally:
            sentry_sdk.Client = client_class

    return init


def _initialise(given: Mapping[str, Any]) -> Any:
    """Do what `activation.initialise` does, but for the question of a DSN: a test's transport is enough."""
    global _initialised
    arguments = _arguments({name: value for name, value in given.items() if value is not None})
    try:
        initialise.init(arguments.own(), defers=arguments.defers)
    except SdkError as refusal:
        # A process would say so in one line and serve without Sentry; a test that expects it is told.
        raise refusal.__cause__ from None
    _guard(arguments)
    process = runtime._runtime
    process._pid, process._decision = os.getpid(), activation.Decision(True, "a test's settings")
    _initialised = True
    return sentry_sdk.get_client()


def _arguments(options: Mapping[str, Any]) -> Any:
    # Of a test that sets variables too, as the environment is where settings are read.
    loaded = loading.load(os.environ)
    named = {name: [_named(each) for each in options[name]] for name in _NAMED if name in options}
    loaded = loaded._replace(options={**loaded.options, **options, **named})
    return init_arguments.of(loaded)[0]


def _named(integration: Any) -> Any:
    name = f"integration_{next(_numbers)}"
    setattr(_OBJECTS, name, integration)
    return IntegrationReference(f"{_OBJECTS.__name__}:{name}")


def _guard(arguments: Any) -> None:
    process = runtime._runtime
    guard.stand(guard.Guard(arguments, lambda merge: process.guarded(merge, None), process._app_said))
