"""Beside others that instrument, measure or debug the same process, an app reports once, in whatever order."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Callable, NamedTuple

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, free_port
from tests.harness.venvs import installed_beside, venv

Start = Callable[..., Server]


class Neighbour(NamedTuple):
    """What is installed, the command that starts another with it, its settings, and the module by which it is seen."""

    requirements: tuple[str, ...]
    starter: str
    environ: dict[str, str]
    module: str
    by_module: bool = False  # whether it starts `-m uvicorn`, and not a command


NEIGHBOURS = {
    "opentelemetry": Neighbour(
        (
            "opentelemetry-distro",
            "opentelemetry-instrumentation-asgi",
            "opentelemetry-instrumentation-starlette",
        ),
        "opentelemetry-instrument",
        {f"OTEL_{kind}_EXPORTER": "none" for kind in ("TRACES", "METRICS", "LOGS")},
        "opentelemetry.instrumentation.starlette",
    ),
    "ddtrace": Neighbour(
        ("ddtrace",),
        "ddtrace-run",
        {"DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false", "DD_REMOTE_CONFIGURATION_ENABLED": "false"},
        "ddtrace",
    ),
    "newrelic": Neighbour(
        ("newrelic",),
        "newrelic-admin run-program",
        {"NEW_RELIC_LICENSE_KEY": "0" * 40, "NEW_RELIC_DEVELOPER_MODE": "true"},
        "newrelic.api.asgi_application",
    ),
    "elastic": Neighbour(
        ("elastic-apm",),
        "elasticapm-run",
        {
            "ELASTIC_APM_SERVER_URL": "http://127.0.0.1:9",
            "ELASTIC_APM_CENTRAL_CONFIG": "false",
            "ELASTIC_APM_CLOUD_PROVIDER": "none",
        },
        "elasticapm",
    ),
    "coverage": Neighbour(("coverage",), "coverage run --data-file={tmp}/data", {}, "coverage", True),
    "debugpy": Neighbour(("debugpy",), "python -m debugpy --listen 127.0.0.1:{port}", {}, "debugpy", True),
    "memray": Neighbour(("memray",), "memray run -q -o {tmp}/memray.bin", {}, "memray", True),
    "autowrapt": Neighbour(("autowrapt",), "", {"AUTOWRAPT_BOOTSTRAP": "nothing"}, "autowrapt.bootstrap"),
}
ORDERS = ("ours in the environment", "ours starts theirs", "theirs starts ours")
CASES = [
    (name, order)
    for name, neighbour in NEIGHBOURS.items()
    # What starts a module starts no command of ours, and finds the path the same whichever way ours is put on it.
    for order in (ORDERS if neighbour.starter and not neighbour.by_module else ORDERS[1:2])
]


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bootstrap directory of an installed wheel that no environment has on its path."""
    return installed_beside(tmp_path_factory.mktemp("beside"))


@pytest.mark.parametrize(("name", "order"), CASES)
def test_an_app_reports_once_and_the_neighbour_is_there(
    name: str, order: str, bootstrap: Path, start: Start, project: Project, tmp_path: Path
) -> None:
    neighbour = NEIGHBOURS[name]
    python = venv(sys.executable, "sentry-sdk", "starlette", "uvicorn", *neighbour.requirements)
    theirs = neighbour.starter.format(tmp=tmp_path, port=free_port()).split()
    ours = ["python", str(bootstrap.parent), "run", "--"]
    serve = [*(["-m"] if neighbour.by_module else []), "uvicorn", "--port", "0", "seen:app"]
    commands = ([*theirs, *serve], [*ours, *theirs, *serve], [*theirs, *ours, *serve])
    (tmp_path / "seen.py").write_text(APP)
    environ = {
        **neighbour.environ,
        "SEEN": neighbour.module,
        "PATH": f"{Path(python).parent}{os.pathsep}{os.environ['PATH']}",
        **({"PYTHONPATH": str(bootstrap)} if order == ORDERS[0] else {}),
    }
    server = start(commands[ORDERS.index(order)], environ, bootstrap=False, cwd=tmp_path).ready()
    assert server.get("/").text == "True"
    server.provoke()
    project.wait("transaction", 2)
    server.stop()
    # Some log, as errors, that they reach no receiver of theirs.
    sent = [item["payload"] for item in project.items("event")]
    (event,) = [event for event in sent if event.get("transaction") == "/boom"]
    assert event["contexts"]["asgi_server"]["name"] == "uvicorn"
    assert "sentry-asgi-autoconf:" not in server.output


APP = """
import os
import sys
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def seen(request):
    return PlainTextResponse(str(os.environ["SEEN"] in sys.modules))


async def boom(request):
    raise LookupError("boom")


app = Starlette(routes=[Route("/", seen), Route("/boom", boom)])
"""
