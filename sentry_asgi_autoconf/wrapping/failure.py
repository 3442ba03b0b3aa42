"""Capture a failed boot, and wait until it is sent: the process may end right after."""

from __future__ import annotations

import asyncio
import sys

import sentry_sdk
from sentry_sdk.utils import event_from_exception

from sentry_asgi_autoconf.serving_loops import is_in_trio
from sentry_asgi_autoconf.wrapping import crash_loop

# Not the SDK's "asgi", for which its middleware asks to be removed wherever Starlette is installed.
MECHANISM = "asgi_autoconf"


def capture(error: BaseException) -> None:
    """Capture an exception that ends the boot. The SDK drops it if an integration has captured it already."""
    if may_report(error):
        event, hint = event_from_exception(
            error,
            client_options=sentry_sdk.get_client().options,
            mechanism={"type": MECHANISM, "handled": False},
        )
        sentry_sdk.capture_event(event, hint=hint)
    flush()


def may_report(error: BaseException) -> bool:
    """Whether this failure of a boot has not been reported within the last minute."""
    return crash_loop.may_report(f"{type(error).__name__}: {error}")


def capture_message(text: str) -> None:
    """Capture the words in which an app said that its boot failed."""
    if crash_loop.may_report(text):
        sentry_sdk.capture_message(text, level="fatal")
        flush()


def flush() -> None:
    """Block until everything captured is sent, for at most the client's shutdown_timeout (seconds)."""
    client = sentry_sdk.get_client()
    if client.is_active():
        client.flush(timeout=longest_flush())


def longest_flush() -> float:
    """Give for how long a flush may block, in seconds."""
    return float(sentry_sdk.get_client().options["shutdown_timeout"])


async def flush_aside() -> None:
    """Flush in a thread, so that the event loop goes on with what else it serves."""
    try:
        if is_in_trio():
            await sys.modules["trio"].to_thread.run_sync(flush)
        else:
            await asyncio.get_event_loop().run_in_executor(None, flush)
    except RuntimeError:  # The loop is of another kind, or takes no more threads, as it is about to end.
        flush()
