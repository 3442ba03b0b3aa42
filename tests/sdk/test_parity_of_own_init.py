"""An app with an init of its own sends under this package what it sends without."""

from __future__ import annotations

from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import Server, uvicorn
from tests.serving.test_parity import PATHS, exercise

Start = Callable[..., Server]


@pytest.mark.parametrize(("module", "with_middleware"), [("fastapi_app", ""), ("raw3", "1")])
def test_events_and_transactions_are_alike(
    module: str, with_middleware: str, start: Start, project: Project, new_project: Callable[[], Project]
) -> None:
    environ = {"APP": module, "WITH_MIDDLEWARE": with_middleware}
    eager = {
        **environ,
        "SENTRY_ASGI_INTEGRATIONS": "eager",
    }  # the SDK's own way, which names all that is installed
    ours = exercise(start(uvicorn("by_hand:app"), eager), project, PATHS)
    alone = new_project()
    environ["SENTRY_DSN"] = alone.dsn
    theirs = exercise(start(uvicorn("by_hand:app"), environ, bootstrap=False), alone, PATHS)
    assert (len(ours["event"]), len(ours["transaction"])) == (1, len(PATHS))
    for kind in ("event", "transaction"):
        for our_item, their_item in zip(ours[kind], theirs[kind], strict=True):
            assert normalised(our_item) == normalised(their_item)
