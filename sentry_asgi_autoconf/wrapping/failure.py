"""Capture a failed boot, and wait until it is sent: the process may end right after."""

from __future__ import annotations

import sentry_sdk
from sentry_sdk.utils import event_from_exception

# Not the SDK's "asgi", for which its middleware asks to be removed wherever Starlette is installed.
MECHANISM = "asgi_autoconf"


def capture(error: BaseException) -> None:
    """Capture an exception that ends the boot. The SDK drops it if an integration has captured it already."""
    event, hint = event_from_exception(
        error,
        client_options=sentry_sdk.get_client().options,
        mechanism={"type": MECHANISM, "handled": False},
    )
    sentry_sdk.capture_event(event, hint=hint)
    flush()


def capture_message(text: str) -> None:
    """Capture the words in which an app said that its boot failed."""
    sentry_sdk.capture_message(text, level="fatal")
    flush()


def flush() -> None:
    """Block until everything captured is sent, for at most the client's shutdown_timeout (seconds)."""
    client = sentry_sdk.get_client()
    if client.is_active():
        client.flush(timeout=client.options["shutdown_timeout"])
