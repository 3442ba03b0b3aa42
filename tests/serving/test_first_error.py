"""The first error finds all that it needs: it imports nothing, and reads nothing of what is installed."""

from __future__ import annotations

import threading
from typing import Callable

import pytest

from sentry_asgi_autoconf.serving import served_app
from tests.harness.envelopes import Project
from tests.harness.served import serve
from tests.harness.server import Server, until


@pytest.mark.parametrize("rate", ["1.0", None], ids=["traced", "untraced"])
def test_the_first_error_imports_nothing(
    rate: str | None, start: Callable[..., Server], project: Project
) -> None:
    served = serve(start, "uvicorn", "first_error:app", environ={"SENTRY_TRACES_SAMPLE_RATE": rate})
    with served.client() as client:
        until(lambda: "prepared" in client.get("/prepared").text.splitlines(), "what the first error needs")
        before = client.get("/modules").text
        assert client.get("/boom").status_code == 500
        project.wait("event")
        assert client.get("/modules").text == before


def test_what_is_made_ready_for_it_keeps_no_process_from_ending() -> None:
    before = set(threading.enumerate())
    served_app._prepare_for_errors()
    served_app._unprepared.append(True)
    (timer,) = set(threading.enumerate()) - before
    assert timer.daemon
