"""Give each test an inbox of its own."""

from collections.abc import Iterator

import pytest

from sentry_asgi_autoconf.inbox.server import BackgroundInbox


@pytest.fixture
def inbox() -> Iterator[BackgroundInbox]:
    with BackgroundInbox() as running:
        yield running
