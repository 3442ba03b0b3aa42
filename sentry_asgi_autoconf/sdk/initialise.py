"""Call `sentry_sdk.init` once."""

from __future__ import annotations

from typing import Any, Mapping

import sentry_sdk
from sentry_sdk.integrations import DidNotEnable

from sentry_asgi_autoconf.exceptions import SdkError
from sentry_asgi_autoconf.sdk import guard


def init(arguments: Mapping[str, Any]) -> None:
    """Initialise the SDK. Raises SdkError if it refuses the arguments."""
    try:
        with guard.ours():
            sentry_sdk.init(**arguments)
    except (DidNotEnable, ImportError, TypeError, ValueError, Warning) as error:
        raise SdkError(
            f"sentry_sdk.init refused the settings with {type(error).__name__}: {error}",
            remedy="Correct the option that it names, or remove it.",
        ) from error


def describe_server(server: Mapping[str, str]) -> None:
    """Tell in the context `asgi_server` of every event what serves this process."""
    sentry_sdk.Scope.get_global_scope().set_context("asgi_server", dict(server))


def withdraw() -> None:
    """Take the client away again; what the integrations have patched finds none, and does nothing."""
    guard.withdraw()
    sentry_sdk.get_client().close(timeout=0)
    sentry_sdk.get_global_scope().set_client(None)
