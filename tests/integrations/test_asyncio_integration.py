"""SENTRY_INTEGRATIONS=asyncio is set up in the loop that serves, whichever server runs it, as by hand there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable

import httpx
import pytest

from tests.harness.address import request
from tests.harness.envelopes import Project
from tests.harness.lambda_runtime import api_gateway_2
from tests.harness.parity import normalised
from tests.harness.server import DEADLINE, Server, free_port, until, uvicorn
from tests.harness.venvs import installed_beside, interpreters, venv
from tests.servers.exercise import Certificate, Running
from tests.servers.modes import MODES, Mode

Start = Callable[..., Server]

ASYNCIO = {"SENTRY_INTEGRATIONS": "asyncio"}
MANGUM = {"SERVES": "tasks_app", **ASYNCIO}
INTERPRETERS = interpreters()
NO_CERTIFICATE = Certificate(Path(), Path())
SERVERS = [
    *(("uvicorn", name) for name in ("uvicorn", "uvicorn.run(object)", "Server(Config)", "--reload")),
    *(("hypercorn", name) for name in ("hypercorn", "-k uvloop", "-w 0", "asyncio serve(object)")),
    *(("anycorn", name) for name in ("anycorn", "-w 0", "asyncio serve(object)")),
    *(
        ("granian", name)
        for name in ("granian --interface asgi", "embedded Server(object)", "--runtime-mode mt")
    ),
    *(("gunicorn", name) for name in ("gunicorn -k asgi", "--preload")),
    *(("gunicorn with uvicorn's worker", name) for name in ("-k uvicorn_worker.UvicornWorker", "--preload")),
    *(("daphne", name) for name in ("daphne", "Server(object)")),
]
TRIO = [(server, name) for server in ("hypercorn", "anycorn") for name in ("-k trio", "trio serve(object)")]


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


def fire(start: Start, command: list[str], environ: dict[str, str], project: Project) -> list[dict[str, Any]]:
    """Serve `command`, have the tasks of lifespan and request fail, and return the events, the request's last."""
    server = start(command, environ).ready()
    project.wait("event")
    assert server.get("/fire").status_code == 200
    project.wait("event", 2)
    project.wait("transaction")
    server.stop()
    assert "[sentry] WARNING" not in server.output
    return [item["payload"] for item in project.items("event")]


def tasks_of(events: list[dict[str, Any]]) -> list[str]:
    values = [event["exception"]["values"][-1] for event in events]
    assert {value["mechanism"]["type"] for value in values} == {"asyncio"}
    return [value["value"] for value in values]


@pytest.mark.parametrize("app", ["tasks_app", "own_asyncio_init", "own_init_in_lifespan"])
@pytest.mark.parametrize("environ", [{}, ASYNCIO], ids=["by itself", "beside the setting"])
@pytest.mark.parametrize("mode", ["deferred", "eager"])
def test_whichever_client_has_the_integration_each_error_is_reported_once(
    app: str, environ: dict[str, str], mode: str, start: Start, project: Project
) -> None:
    if app == "tasks_app" and not environ:
        environ = {"SENTRY_INTEGRATIONS": "sentry_sdk.integrations.asyncio:AsyncioIntegration"}
    # The SDK says there that it found no loop, if it had looked for one.
    environ = {**environ, "SENTRY_DEBUG": "true", "SENTRY_ASGI_INTEGRATIONS": mode}
    assert tasks_of(fire(start, uvicorn(f"{app}:app"), environ, project)) == [
        "of the lifespan",
        "of a request",
    ]


@pytest.mark.parametrize(("integration", "spans"), [("asyncio", 2), ("asyncio_options:without_spans", 0)])
def test_the_arguments_of_the_integration_hold(
    integration: str, spans: int, start: Start, project: Project
) -> None:
    server = start(uvicorn("tasks_app:app"), {"SENTRY_INTEGRATIONS": integration}).ready()
    assert server.get("/gather").status_code == 200
    assert tasks_of(project.wait("event", 2)) == ["of the lifespan", "gathered"]
    (transaction,) = project.wait("transaction")
    assert [span["op"] for span in transaction["spans"]] == ["function"] * spans


def test_a_disabled_integration_does_nothing(start: Start, project: Project) -> None:
    environ = {**ASYNCIO, "SENTRY_DISABLED_INTEGRATIONS": "asyncio", "FACTORY": "none"}
    server = start(uvicorn("factories:app"), environ).ready()
    assert server.get("/").json()["on_loop"] == []


@pytest.mark.parametrize(
    "environ", [{}, {**ASYNCIO, "SENTRY_ASGI_ENABLED": "false"}], ids=["off", "disabled"]
)
def test_nothing_touches_the_loop_where_the_integration_is_off(
    environ: dict[str, str], start: Start, project: Project
) -> None:
    server = start(uvicorn("factories:app"), {"FACTORY": "none", **environ}).ready()
    assert server.get("/").json()["on_loop"] == []
    server.stop()
    assert project.items("event") == []


FACTORIES = [pytest.param(sys.executable, factory, id=factory) for factory in ("counting", "none")]
if "3.12" in INTERPRETERS:
    FACTORIES.append(pytest.param(INTERPRETERS["3.12"], "eager", id="eager", marks=pytest.mark.matrix))


@pytest.mark.parametrize(("python", "factory"), FACTORIES)
def test_a_task_factory_that_the_app_sets_in_the_lifespan_works_as_without_us_beneath_sentrys(
    python: str, factory: str, start: Start, project: Project, tmp_path: Path
) -> None:
    environ = {"FACTORY": factory}
    if python != sys.executable:
        python = venv(python, "sentry-sdk", "uvicorn", "fastapi")
        environ["PYTHONPATH"] = str(installed_beside(tmp_path))
    bare = (
        start(uvicorn("factories:app", python=python), {**environ, "PYTHONPATH": ""}).ready().get("/").json()
    )
    server = start(uvicorn("factories:app", python=python), {**environ, **ASYNCIO}).ready()
    ours = server.get("/").json()
    assert ours.pop("on_loop") == ["close", "get_task_factory", "set_task_factory"]
    assert bare.pop("on_loop") == []
    assert ours == bare
    assert tasks_of(project.wait("event")) == ["of a task"]
    server.stop()
    assert len(project.items("event")) == 1


def test_each_loop_of_a_process_is_set_up(start: Start, project: Project) -> None:
    ports = [free_port(), free_port()]
    server = start([sys.executable, "two_loops.py", *ports], ASYNCIO)
    until(lambda: all(port in server.output for port in ports), f"both to listen, in {server.output!r}")
    for number in range(4):
        address = f"http://127.0.0.1:{ports[number % 2]}/fire"
        assert httpx.get(address, trust_env=False, timeout=DEADLINE).status_code == 200
        project.wait("event", 2 + number + 1)
    events = [item["payload"] for item in project.items("event")]
    assert sorted(tasks_of(events)) == ["of a request"] * 4 + ["of the lifespan"] * 2


@pytest.mark.parametrize("mode", chosen(*TRIO))
def test_trio_is_said_in_one_line_and_the_app_is_served(
    mode: Mode, start: Start, project: Project, tmp_path: Path
) -> None:
    running = Running(mode, "fastapi_app", tmp_path, NO_CERTIFICATE)
    server = start(running.command(), ASYNCIO)
    until(lambda: running.accepts(server), f"the server to listen, in {server.output!r}")
    for path in ("/ok", "/boom", "/ok"):
        assert running.get(path).status_code == (500 if path == "/boom" else 200)
    project.wait("transaction", 3)
    server.stop()
    assert len(project.items("event")) == 1
    (line,) = [line for line in server.output.splitlines() if "sentry-asgi-autoconf" in line]
    assert line.endswith("[no-asyncio-loop]")


WSGI_HOSTS = {
    "a2wsgi": [sys.executable, "-m", "gunicorn", "-b", "127.0.0.1:0", "a2wsgi_app:app"],
    "socketify": [sys.executable, "-m", "socketify", "tasks_app:app", "--port", "{port}"],
}


@pytest.mark.parametrize("command", WSGI_HOSTS.values(), ids=WSGI_HOSTS)
def test_servers_with_a_loop_of_another_kind(command: list[str], start: Start, project: Project) -> None:
    words = [word.format(port=free_port()) for word in command]
    server = start(words, {"SERVES": "tasks_app", **ASYNCIO})
    assert request(server, "/fire").status_code == 200
    assert request(server, "/gather").status_code == 200
    project.wait("event", 2)
    events = until(lambda: of_requests(project), "both errors")
    assert tasks_of(events) == ["of a request", "gathered"]
    transactions = project.wait("transaction", 2)
    assert [len(transaction["spans"]) for transaction in transactions][1] == 2


def of_requests(project: Project) -> list[dict[str, Any]]:
    events = [item["payload"] for item in project.items("event") if "request" in item["payload"]]
    return events if len(events) == 2 else []


def test_mangum_has_a_loop_for_each_call(start: Start, project: Project) -> None:
    calls = "; ".join([f"handler({api_gateway_2('/gather')}, None)"] * 2)
    server = start([sys.executable, "-c", f"from mangum_handler import handler; {calls}"], MANGUM)
    assert server.wait() == 0
    gathered = [event for event in project.wait("event", 2) if "request" in event]
    assert tasks_of(gathered) == ["gathered"] * 2
    transactions = project.wait("transaction", 2)
    assert [len(transaction["spans"]) for transaction in transactions] == [2, 2]


@pytest.mark.parametrize("function_app", ["azure_app", "azure_function", "azure_sync_function"])
def test_azure_functions(function_app: str, start: Start, project: Project) -> None:
    environ = {"FUNCTIONS_WORKER_RUNTIME": "python", "SERVES": "tasks_app", **ASYNCIO}
    server = start([sys.executable, "azure_worker.py", function_app, "/gather", "/gather"], environ)
    until(lambda: server.stdout.count("/gather 200") == 2, f"two answers, in {server.output!r}")
    gathered = until(lambda: of_requests(project), "both errors")
    assert tasks_of(gathered) == ["gathered"] * 2


@pytest.mark.matrix
@pytest.mark.parametrize("sdk", ["2.0.1", "2.20.0"])
def test_older_releases_of_the_sdk(sdk: str, start: Start, project: Project, tmp_path: Path) -> None:
    python = venv(sys.executable, f"sentry-sdk=={sdk}", "uvicorn", "fastapi")
    environ = {"PYTHONPATH": str(installed_beside(tmp_path)), **ASYNCIO}
    server = start(uvicorn("own_asyncio_init:app", python=python), environ).ready()
    assert server.get("/gather").status_code == 200
    project.wait("event", 2)
    (transaction,) = project.wait("transaction")
    server.stop()
    assert tasks_of([item["payload"] for item in project.items("event")]) == ["of the lifespan", "gathered"]
    spans = [span["description"] for span in transaction["spans"] if span["op"] == "function"]
    assert sorted(spans) == ["fail", "sleep"]
