"""Every way of starting uvicorn: the app is served, wrapped once, and reports."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import APPS, Server, until, uvicorn

BIN = Path(sys.executable).parent
Start = Callable[..., Server]

# Name → command, and how many processes serve.
MODES = {
    "python -m": (uvicorn("raw3:app"), 1),
    "console script": ([str(BIN / "uvicorn"), "--port", "0", "raw3:app"], 1),
    "factory": (uvicorn("--factory", "raw3:create_app"), 1),
    "factory without the flag": (uvicorn("raw3:create_app"), 1),
    "class instance": (uvicorn("raw3:instance"), 1),
    "partial": (uvicorn("--interface", "asgi3", "raw3:partial"), 1),
    "asgi3 forced": (uvicorn("--interface", "asgi3", "raw3:app"), 1),
    "asgi2": (uvicorn("raw2:app"), 1),
    "asgi2 class": (uvicorn("asgi2_class:App"), 1),
    "no proxy headers": (uvicorn("--no-proxy-headers", "raw3:app"), 1),
    "log level trace": (uvicorn("--log-level", "trace", "raw3:app"), 1),
    "no lifespan": (uvicorn("--lifespan", "off", "raw3:app"), 1),
    "workers": (uvicorn("--workers", "2", "raw3:app"), 2),
    "reload": (uvicorn("--reload", "raw3:app"), 1),
    "uvicorn.run with a string": ([sys.executable, "run_string.py", "1"], 1),
    "uvicorn.run with workers": ([sys.executable, "run_string.py", "2"], 2),
    "uvicorn.run with an object": ([sys.executable, "run_object.py"], 1),
    "Server(Config)": ([sys.executable, "run_server.py"], 1),
    "fastapi run": ([str(BIN / "fastapi"), "run", "--port", "0", "fastapi_app.py"], 1),
    "fastapi run with workers": (
        [str(BIN / "fastapi"), "run", "--port", "0", "--workers", "2", "fastapi_app.py"],
        2,
    ),
    "fastapi dev": ([str(BIN / "fastapi"), "dev", "--port", "0", "fastapi_app.py"], 1),
}


@pytest.mark.parametrize(("command", "serving"), MODES.values(), ids=MODES.keys())
def test_the_app_is_served_wrapped_once_and_reports(
    command: list[str], serving: int, start: Start, project: Project
) -> None:
    server = start(command, {"SENTRY_ASGI_LOG_LEVEL": "info"})
    until(lambda: server.output.count("is instrumented by") >= serving, f"{serving} wrapped apps")
    assert server.get("/ok").status_code == 200
    server.provoke()
    (event,) = project.wait("event")
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    assert event["contexts"]["asgi_server"]["name"] == "uvicorn"
    transactions = project.wait("transaction", 2)
    assert [transaction["contexts"]["trace"]["op"] for transaction in transactions] == ["http.server"] * 2
    server.stop()
    assert len(project.items("event")) == 1
    assert len(project.items("transaction")) == 2
    # Neither the parent, the reloader nor the resource tracker initialised anything.
    assert server.output.count("active: sentry_sdk is initialised") == serving
    assert server.output.count("is instrumented by") == serving


@pytest.mark.parametrize("module", ["fastapi_app", "starlette_app", "quart_app", "litestar_app"])
def test_an_app_object_made_before_the_server_was_called_reports_its_errors_once(
    module: str, start: Start, project: Project
) -> None:
    server = start([sys.executable, "run_any_object.py", module]).ready()
    assert server.get("/ok").status_code == 200
    server.provoke()
    (event,) = project.wait("event")
    project.wait("transaction", 2)
    server.stop()
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    assert (len(project.items("event")), len(project.items("transaction"))) == (1, 2)


def test_an_app_changed_under_reload_reports_again(start: Start, project: Project, tmp_path: Path) -> None:
    app = tmp_path / "changing.py"
    text = (APPS / "raw3.py").read_text()
    app.write_text(text)
    server = start(uvicorn("--reload", "changing:app"), cwd=tmp_path).ready()
    assert server.get("/ok").text == "ok"

    def change() -> bool:
        # Again until it is noticed, as the watcher may not have begun to watch; whole, as it may read at any time.
        whole = tmp_path / "whole"
        whole.write_text(text.replace('b"ok"', 'b"changed"') + f"# {time.monotonic()}\n")
        whole.replace(app)
        return "detected changes" in server.output.lower()

    until(change, "the change to be noticed")
    until(lambda: server.output.count("Application startup complete") > 1, "the new start")
    until(lambda: server.get("/ok").text == "changed", "the changed app")
    server.provoke()
    (event,) = project.wait("event")
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_wsgi_app_is_left_alone(workers: str, start: Start, project: Project) -> None:
    # Not even strict mode is for it.
    environ = {"SENTRY_ASGI_LOG_LEVEL": "debug", "SENTRY_ASGI_STRICT": "true", "SENTRY_SAMPLE_RATE": "15"}
    server = start(uvicorn("--interface", "wsgi", "--workers", workers, "wsgi_app:app"), environ).ready()
    assert server.get("/ok").text == "ok"
    server.provoke()
    server.stop()
    assert project.items() == []
    assert "sentry-asgi-autoconf" not in server.output


def test_settings_may_come_from_the_servers_env_file(start: Start, project: Project, tmp_path: Path) -> None:
    env_file = tmp_path / "settings.env"
    env_file.write_text(f"SENTRY_DSN={project.dsn}\nSENTRY_ENVIRONMENT=from-a-file\n")
    server = start(uvicorn("--env-file", str(env_file), "raw3:app"), {"SENTRY_DSN": None})
    server.provoke()
    (event,) = project.wait("event")
    assert event["environment"] == "from-a-file"


@pytest.mark.parametrize(
    "environ",
    [{"SENTRY_DSN": ""}, {"SENTRY_DSN": None}, {"SENTRY_ASGI_ENABLED": "false"}],
    ids=["empty DSN", "no DSN", "off"],
)
def test_without_a_destination_or_switched_off_nothing_is_imported_and_nothing_said(
    environ: dict[str, str], start: Start, project: Project
) -> None:
    server = start(uvicorn("modules:app"), environ).ready()
    assert server.get("/sentry_sdk,pydantic").text == ""
    server.stop()
    assert "sentry-asgi-autoconf" not in server.output


def test_an_inactive_process_says_why_at_info_level(start: Start) -> None:
    server = start(uvicorn("raw3:app"), {"SENTRY_DSN": "", "SENTRY_ASGI_LOG_LEVEL": "info"}).ready()
    server.stop()
    lines = [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf")]
    assert lines == ["sentry-asgi-autoconf: inactive: neither SENTRY_DSN nor SENTRY_SPOTLIGHT is set"]


def test_uvicorns_output_and_exit_status_are_as_without_us(start: Start) -> None:
    with_us = start(uvicorn("raw3:app")).ready()
    without = start(uvicorn("raw3:app"), bootstrap=False).ready()
    assert with_us.get("/ok").headers.keys() == without.get("/ok").headers.keys()
    assert with_us.stop() == without.stop()
    assert with_us.stdout.count("\n") == without.stdout.count("\n")
    assert with_us.output.count("\n") == without.output.count("\n")
