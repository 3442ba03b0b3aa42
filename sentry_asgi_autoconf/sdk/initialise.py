"""Call `sentry_sdk.init` once."""

from __future__ import annotations

from typing import Any, Mapping

import sentry_sdk
from sentry_sdk.integrations import DidNotEnable

from sentry_asgi_autoconf import client_calls
from sentry_asgi_autoconf.exceptions import SdkError
from sentry_asgi_autoconf.integrations import deferred, event_loops
from sentry_asgi_autoconf.sdk import guard


def init(arguments: Mapping[str, Any], *, defers: bool) -> None:
    """Initialise the SDK; `defers` says whether integrations wait for their libraries.

    Raises SdkError if the SDK refuses the arguments.
    """
    event_loops.take_over()
    try:
        with guard.bypass():
            deferred.make_client(_initialised, arguments, defers=defers)
    except (DidNotEnable, ImportError, TypeError, ValueError, Warning) as error:
        raise SdkError(
            f"sentry_sdk.init refused the settings with {type(error).__name__}: {error}",
            remedy="Correct the option that it names, or remove it.",
        ) from error


def _initialised(arguments: Mapping[str, Any]) -> Any:
    sentry_sdk.init(**arguments)
    client = sentry_sdk.Scope.get_global_scope().client
    if sentry_sdk.get_client() is not client:
        # An earlier client's arguments are among ours; bound to a nearer scope, it would stand before ours.
        for scope in (sentry_sdk.Scope.get_isolation_scope(), sentry_sdk.Scope.get_current_scope()):
            scope.set_client(None)
    guard.set_level(client)
    return client


def describe_server(server: Mapping[str, str]) -> None:
    """Say in the context `asgi_server` of every event what serves this process."""
    sentry_sdk.Scope.get_global_scope().set_context("asgi_server", dict(server))


def deactivate() -> None:
    """Take our client away again; what the integrations have patched finds none, and does nothing.

    One that the app made itself is as without us then; under a policy it stays as it is.
    """
    call = client_calls.last_of_app(sentry_sdk.get_client())
    if not guard.must_hold():
        guard.uninstall()
        deferred.uninstall()
        event_loops.uninstall()
        send_nothing_more()
        app_arguments = None if call is None else call.given()
        if app_arguments is not None:
            sentry_sdk.init(**app_arguments)
    elif call is None:
        send_nothing_more()


def send_nothing_more() -> None:
    """Take the client away that is there, whoever made it."""
    sentry_sdk.get_client().close(timeout=0)
    sentry_sdk.Scope.get_global_scope().set_client(None)
