"""The integrations of the SDK that are set up where their libraries are imported."""

from __future__ import annotations

from typing import Iterator

from sentry_asgi_autoconf.cli.checks.finding import Finding, ok
from sentry_asgi_autoconf.cli.checks.sdk_client import RecordingClient


def findings(client: RecordingClient) -> Iterator[Finding]:
    """Name them."""
    yield ok("integrations", ", ".join(client.integrations) or "none")
