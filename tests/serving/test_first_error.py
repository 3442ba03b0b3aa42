"""The first error finds all that it needs: it imports nothing, and reads nothing of what is installed."""

from __future__ import annotations

from typing import Callable

import pytest

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
