"""The integrations of the SDK that are set up where their libraries are imported, or where an app is served."""

from __future__ import annotations

from typing import Iterator

from sentry_asgi_autoconf.cli.checks.finding import Finding, ok
from sentry_asgi_autoconf.cli.checks.sdk_client import RecordingClient
from sentry_asgi_autoconf.integrations.event_loops import INTEGRATION


def findings(client: RecordingClient) -> Iterator[Finding]:
    """Name them."""
    yield ok("integrations", ", ".join(map(_named, client.integrations)) or "none")


def _named(integration: str) -> str:
    return f"{integration} (in each asyncio loop that serves)" if integration == INTEGRATION else integration
