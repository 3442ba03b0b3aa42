"""Send what was captured, and wait for it."""

from __future__ import annotations

import asyncio
import sys

import sentry_sdk

from sentry_asgi_autoconf.integrations.event_loops import is_in_trio

# Of the exceptions that we capture. Not the SDK's "asgi", for which its middleware asks to be removed wherever
# Starlette is installed.
MECHANISM = "asgi_autoconf"


def flush() -> None:
    """Block until everything captured is sent, for at most the client's shutdown_timeout (seconds)."""
    client = sentry_sdk.get_client()
    if client.is_active():
        client.flush(timeout=longest_flush())


def longest_flush() -> float:
    """Return for how long a flush may block, in seconds."""
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
