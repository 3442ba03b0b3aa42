"""SENTRY_INTEGRATIONS=asyncio is set up in the loop that serves, whichever server runs it, as by hand there."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.parity import normalised
from tests.harness.server import Server, until
from tests.servers.exercise import Certificate, Running
from tests.servers.modes import MODES, Mode

Start = Callable[..., Server]

ASYNCIO = {"SENTRY_INTEGRATIONS": "asyncio"}
NO_CERTIFICATE = Certificate(Path(), Path())
SERVERS = [
    *(("uvicorn", name) for name in ("uvicorn", "uvicorn.run(object)", "Server(Config)", "--reload")),
    *(("hypercorn", name) for name in ("hypercorn", "-k uvloop", "-w 0", "asyncio serve(object)")),
    *(
        ("granian", name)
        for name in ("granian --interface asgi", "embedded Server(object)", "--runtime-mode mt")
    ),
    *(("gunicorn", name) for name in ("gunicorn -k asgi", "--preload")),
    *(("gunicorn with uvicorn's worker", name) for name in ("-k uvicorn_worker.UvicornWorker", "--preload")),
    *(("daphne", name) for name in ("daphne", "Server(object)")),
]


def chosen(*names: tuple[str, str]) -> list[Any]:
    """Return the modes of the matrix by server and name, as parameters."""
    return [
        pytest.param(mode, id=f"{mode.server} {mode.name}")
        for mode in MODES
        if (mode.server, mode.name) in names
    ]


def exercise(
    mode: Mode,
    module: str,
    directory: Path,
    start: Start,
    project: Project,
    environ: dict[str, str],
    **kwargs: Any,
) -> list[Any]:
    """Serve an app, have its tasks fail, and return what was sent, comparable."""
    running = Running(mode, module, directory, NO_CERTIFICATE)
    server = start(running.command(), {"SENTRY_DSN": project.dsn, **running.environ(), **environ}, **kwargs)
    until(lambda: running.accepts(server), f"the server to listen, in {server.output!r}")
    errors = 0 if mode.server == "daphne" else 1  # it has no lifespan
    for number, path in enumerate(["/fire", "/gather"], start=1):
        assert running.get(path).status_code == 200
        project.wait("event", errors + number)
        project.wait("transaction", number)
    server.stop()
    return sent(project)


def sent(project: Project) -> list[Any]:
    """Return events and transactions, comparable; by hand there is another event as asyncio logs an error again."""
    items = [item["payload"] for item in project.items("event", "transaction")]
    kept = [normalised(item) for item in items if item.get("logger") != "asyncio"]
    for item in kept:
        item.get("extra", {}).pop("sys.argv", None)
        item.pop("breadcrumbs", None)  # the server's log, with ids of processes
    return sorted(kept, key=lambda item: (item.get("type", ""), item.get("transaction") or "", str(item)))


@pytest.mark.parametrize("mode", chosen(*SERVERS))
def test_tasks_are_reported_as_by_hand_in_the_loop_that_serves(
    mode: Mode, start: Start, project: Project, new_project: Callable[[], Project], tmp_path: Path
) -> None:
    ours = exercise(mode, "tasks_app", tmp_path, start, project, ASYNCIO)
    by_hand = new_project()
    theirs = exercise(mode, "tasks_app", tmp_path, start, by_hand, {"BY_HAND": "1"}, bootstrap=False)
    values = [item["exception"]["values"][-1] for item in ours if "exception" in item]
    assert {value["mechanism"]["type"] for value in values} == {"asyncio"}
    assert ours == theirs
