"""Flushes of one shutdown share one deadline, whoever flushes."""

from __future__ import annotations

import threading
from typing import Any

import sentry_sdk
from sentry_sdk.transport import Transport

from sentry_asgi_autoconf.flushing.flush import Shutdown
from tests.harness.server import DEADLINE, until


class HangingTransport(Transport):
    """A transport that sends nothing until it is let go."""

    def __init__(self, options: dict[str, Any] | None = None) -> None:
        super().__init__(options)
        self.timeouts: list[float] = []
        self.let_go = threading.Event()

    def capture_envelope(self, envelope: Any) -> None:
        """Drop it."""

    def flush(self, timeout: float, callback: Any = None) -> None:
        """Block, and note for how long at most."""
        self.timeouts.append(timeout)
        self.let_go.wait(DEADLINE)


def test_what_one_flush_takes_is_spent_for_those_that_wait_and_those_that_follow() -> None:
    shutdown, transport = Shutdown(), HangingTransport()
    client = sentry_sdk.Client(dsn="https://key@host/1", transport=transport, default_integrations=False)
    flushing = threading.Thread(target=shutdown.flush, args=(client, 40.0))
    flushing.start()
    until(lambda: transport.timeouts, "the flush")
    blocked = until(lambda: shutdown.left(40.0) < 40.0 and shutdown.left(40.0), "time that passes")
    assert 0.0 < shutdown.left(40.0) <= blocked
    assert shutdown.left(0.0) == 0.0
    shutdown.flush(client, 0.0)  # does not wait for its turn
    transport.let_go.set()
    flushing.join()
    spent = shutdown.spent
    assert 0.0 < spent < 40.0
    assert shutdown.left(40.0) == 40.0 - spent
    assert shutdown.left(spent / 2) == 0.0
    assert len(transport.timeouts) == 1
    assert transport.timeouts[0] <= 40.0
