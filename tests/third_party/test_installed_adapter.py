"""A server that brings its adapter in a distribution of its own is instrumented as the built-in ones are."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import APPS, Server
from tests.harness.venvs import installed_beside, release_beside
from tests.third_party.installation import OLDEST, RUNNING, TREES, python_with, wheel_of

Start = Callable[..., Server]
WATCH = {"SENTRY_ASGI_WATCH": "acme_server.loader,acme_server.server"}


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bootstrap directory of an installed wheel that no environment has on its path."""
    return installed_beside(tmp_path_factory.mktemp("beside"))


@pytest.fixture
def serve(bootstrap: Path, start: Start) -> Start:
    """Serve an app with the toy server, its adapter installed."""

    def begin(app: str, environ: dict[str, str], *, minor: str = RUNNING, cwd: Path = APPS) -> Server:
        python = python_with("acme-server", "acme-server-sentry", minor=minor)
        command = [python, "-m", "acme_server", app]
        return start(command, {"PYTHONPATH": str(bootstrap), **environ}, cwd=cwd)

    return begin


def check(server: Server, project: Project) -> None:
    """See one app wrapped, and one event and one transaction for one request."""
    server.ready().provoke()
    (event,) = project.wait("event")
    (transaction,) = project.wait("transaction")
    assert server.stop() == -signal.SIGTERM
    assert server.output.count("is instrumented by") == 1
    assert (len(project.items("event")), len(project.items("transaction"))) == (1, 1)
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    for item in (event, transaction):
        context = item["contexts"]["asgi_server"]
        assert (context["name"], context["version"]) == ("acme-server", "1.4")
        assert item["transaction"] == transaction["transaction"]


@pytest.mark.parametrize("minor", sorted({OLDEST, RUNNING}))
def test_a_watched_server_wraps_its_app_once_and_reports(minor: str, serve: Start, project: Project) -> None:
    check(serve("raw3:app", {**WATCH, "SENTRY_ASGI_LOG_LEVEL": "info"}, minor=minor), project)


def test_an_adapter_may_be_where_the_package_is(start: Start, project: Project, tmp_path: Path) -> None:
    bootstrap = installed_beside(tmp_path)
    release_beside(bootstrap.parents[1], str(wheel_of(TREES / "acme-server-sentry")))
    command = [python_with("acme-server", minor=RUNNING), "-m", "acme_server", "raw3:app"]
    check(start(command, {"PYTHONPATH": str(bootstrap), **WATCH, "SENTRY_ASGI_LOG_LEVEL": "info"}), project)


def test_run_watches_for_the_adapters_that_are_installed(
    bootstrap: Path, start: Start, project: Project
) -> None:
    python = python_with("acme-server", "acme-server-sentry", minor=RUNNING)
    run = [python, "-m", "sentry_asgi_autoconf", "run", "--"]
    environ = {"PYTHONPATH": str(bootstrap.parents[1]), "SENTRY_ASGI_LOG_LEVEL": "info"}
    check(start([*run, python, "-m", "acme_server", "raw3:app"], environ), project)
    shown = start([*run, "printenv", "SENTRY_ASGI_WATCH"], environ)
    assert shown.wait() == 0
    assert shown.stdout.strip() == WATCH["SENTRY_ASGI_WATCH"]


def test_a_server_that_was_imported_before_the_bootstrap_ran_is_joined_where_it_stands(
    bootstrap: Path, start: Start, project: Project
) -> None:
    python = python_with("acme-server", "acme-server-sentry", minor=RUNNING)
    first = [python, str(APPS / "imported_first.py"), str(bootstrap), "acme_server"]
    environ = {**WATCH, "SENTRY_ASGI_LOG_LEVEL": "info"}
    check(start([*first, "acme_server", "raw3:app"], environ, bootstrap=False), project)


def test_a_server_that_is_not_watched_is_left_alone(serve: Start, project: Project) -> None:
    server = serve("modules:app", {"SENTRY_ASGI_LOG_LEVEL": "debug"}).ready()
    loaded = "sentry_asgi_autoconf,sentry_asgi_autoconf.runtime,acme_server_sentry,sentry_sdk,pydantic"
    assert server.get(f"/{loaded}").text == ""
    server.stop()
    assert "sentry-asgi-autoconf" not in server.output
    assert project.items() == []


def test_without_a_destination_only_the_adapter_is_loaded_and_nothing_said(serve: Start) -> None:
    server = serve("modules:app", {**WATCH, "SENTRY_DSN": ""}).ready()
    assert server.get("/acme_server_sentry,sentry_sdk,pydantic").text == "acme_server_sentry"
    server.stop()
    assert "sentry-asgi-autoconf" not in server.output


@pytest.mark.parametrize("app", ["raw3:app", "raw3_no_lifespan:app"])
def test_what_was_captured_right_before_a_signal_arrives(app: str, serve: Start, project: Project) -> None:
    server = serve(app, WATCH).ready()
    server.provoke()
    server.process.send_signal(signal.SIGTERM)
    assert server.wait() == -signal.SIGTERM
    # Nothing that is sent later counts: the process has ended.
    assert len(project.items("event")) == 1


def test_an_app_that_cannot_be_imported_is_reported_and_the_server_ends_as_without_us(
    serve: Start, project: Project
) -> None:
    with_us = serve("broken_import:app", WATCH)
    without = serve("broken_import:app", {})
    assert with_us.wait() == without.wait() == 1
    assert with_us.output.splitlines()[-1] == without.output.splitlines()[-1]
    assert "sentry-asgi-autoconf" not in with_us.output
    (event,) = project.wait("event")
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    assert len(project.items("event")) == 1


def test_a_start_up_that_fails_is_reported_once_although_the_server_logs_it(
    serve: Start, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "no_database.py").write_text(
        "async def app(scope, receive, send):\n"
        "    await receive()\n"
        "    await send({'type': 'lifespan.startup.failed', 'message': 'no database'})\n"
    )
    server = serve("no_database:app", WATCH, cwd=tmp_path)
    assert server.wait() == 3
    assert "The app's startup failed: no database" in server.output
    (event,) = project.wait("event")
    assert event["message"] == "no database"
    assert len(project.items("event")) == 1


@pytest.mark.parametrize(
    "environ",
    [
        {"SENTRY_ASGI_DISABLED_SERVERS": "daphne, Acme_Server"},
        {"SENTRY_ASGI_EXCLUDED_APPS": "modules:*"},
    ],
    ids=["server", "app"],
)
def test_settings_leave_the_server_or_its_app_out(
    environ: dict[str, str], serve: Start, project: Project
) -> None:
    server = serve("modules:app", {**WATCH, **environ}).ready()
    assert server.get("/acme_server_sentry,sentry_sdk").text == "acme_server_sentry"
    server.stop()
    assert "sentry-asgi-autoconf" not in server.output
    assert project.items() == []


def test_watching_a_module_without_an_adapter_is_named_in_one_line(serve: Start, project: Project) -> None:
    environ = {"SENTRY_ASGI_WATCH": f"{WATCH['SENTRY_ASGI_WATCH']},acme_server.lifespan"}
    server = serve("raw3:app", environ).ready()
    server.provoke()
    project.wait("event")
    server.stop()
    (line,) = [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf")]
    assert "No installed distribution declares an adapter for acme_server.lifespan" in line
    assert line.endswith("[adapter-failed]")
