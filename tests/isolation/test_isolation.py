"""A few hundred requests with the other tests, thousands in the matrix: `python -m tests.isolation`."""

from __future__ import annotations

from typing import Iterator

import pytest

from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from tests.isolation.apps import APPS
from tests.isolation.run import receiver, run


@pytest.fixture
def keeping_all() -> Iterator[BackgroundInbox]:
    with receiver() as inbox:
        yield inbox


def check(app: str, count: int, inbox: BackgroundInbox, server: str = "uvicorn", at_once: int = 64) -> None:
    outcome = run(app, count, inbox, server=server, at_once=at_once)
    assert outcome.wrong == [], "\n".join([str(outcome), *outcome.worst()])


@pytest.mark.parametrize("app", ["isolated_gateway", "isolated_mounts"])
def test_no_request_meets_anothers_data(app: str, keeping_all: BackgroundInbox) -> None:
    check(app, 200, keeping_all)


@pytest.mark.parametrize("app", ["isolated_gateway", "isolated_mounts"])
def test_nor_that_of_the_request_before_it_on_the_same_connection(
    app: str, keeping_all: BackgroundInbox
) -> None:
    check(app, 60, keeping_all, at_once=1)


@pytest.mark.matrix
@pytest.mark.parametrize("app", APPS)
def test_of_very_many(app: str, keeping_all: BackgroundInbox) -> None:
    check(app, 600, keeping_all)


@pytest.mark.matrix
@pytest.mark.parametrize("server", ["hypercorn", "granian", "gunicorn"])
@pytest.mark.parametrize("app", APPS)
def test_and_on_other_servers(app: str, server: str, keeping_all: BackgroundInbox) -> None:
    check(app, 150, keeping_all, server)
