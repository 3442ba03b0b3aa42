"""`activate` and `wrap` for entry points of one's own, and `SENTRY_ASGI_PROCESSES=all`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import APPS, Server, environment, run, uvicorn

SCRIPT = "from sentry_asgi_autoconf import activate; print(activate()); "
CRASH = "raise RuntimeError('of a script')"


def settings(project: Project, **extra: str) -> dict[str, str]:
    """Return an environment without the bootstrap."""
    return environment({"SENTRY_DSN": project.dsn, **extra}, bootstrap=False)


def test_importing_the_package_costs_next_to_nothing(project: Project) -> None:
    code = "import sys; old = set(sys.modules); import sentry_asgi_autoconf; print(sorted(set(sys.modules) - old))"
    assert run(code, settings(project)).stdout == "['__future__', 'sentry_asgi_autoconf']\n"


def test_a_script_that_activates_itself_reports(project: Project) -> None:
    result = run(SCRIPT + CRASH, settings(project, SENTRY_ENVIRONMENT="scripts"))
    assert result.stdout == "Decision(active=True, reason='sentry_sdk is initialised')\n"
    (event,) = project.wait("event")
    assert event["exception"]["values"][-1]["value"] == "of a script"
    assert event["environment"] == "scripts"


def test_it_is_idempotent(project: Project) -> None:
    code = (
        "import sentry_sdk; from sentry_asgi_autoconf import activate; "
        "first = activate(); client = sentry_sdk.get_client(); "
        "print(activate() is first, sentry_sdk.get_client() is client)"
    )
    assert run(code, settings(project)).stdout == "True True\n"


@pytest.mark.parametrize(
    ("environ", "reason"),
    [
        ({"SENTRY_DSN": ""}, "neither SENTRY_DSN nor SENTRY_SPOTLIGHT is set"),
        ({"SENTRY_DSN": "nonsense"}, "no valid SENTRY_DSN"),
        ({"SENTRY_ASGI_ENABLED": "off"}, "SENTRY_ASGI_ENABLED is false"),
    ],
)
def test_it_says_why_it_is_inactive(environ: dict[str, str], reason: str, project: Project) -> None:
    result = run(SCRIPT, settings(project, **environ))
    assert result.stdout == f"Decision(active=False, reason={reason!r})\n"


def test_a_forked_child_decides_for_itself(project: Project) -> None:
    code = (
        "import os, sentry_sdk; from sentry_asgi_autoconf import activate; activate(); "
        "client = sentry_sdk.get_client(); child = os.fork()\n"
        "if not child:\n"
        "    print(activate().active, sentry_sdk.get_client() is client, flush=True)\n"
        "    sentry_sdk.capture_message('from the child'); sentry_sdk.flush(); os._exit(0)\n"
        "os.waitpid(child, 0)"
    )
    assert run(code, settings(project)).stdout == "True False\n"
    (event,) = project.wait("event")
    assert event["message"] == "from the child"


WRAPPING = """
import asyncio, json
from sentry_asgi_autoconf import wrap
from raw3 import app

wrapped = wrap(wrap(app))
sent = []

async def main():
    scope = {"type": "http", "method": "GET", "path": "/boom", "headers": [], "query_string": b""}
    async def receive(): return {"type": "http.request"}
    async def send(message): sent.append(message)
    try: await wrapped(scope, receive, send)
    except ZeroDivisionError: print("raised")

asyncio.run(main())
"""


def test_an_app_wrapped_by_its_own_server_reports_once(project: Project) -> None:
    assert run(WRAPPING, settings(project, SENTRY_TRACES_SAMPLE_RATE="1")).stdout == "raised\n"
    project.wait("event")
    assert (len(project.items("event")), len(project.items("transaction"))) == (1, 1)


def test_an_app_wrapped_in_an_inactive_process_is_itself(project: Project) -> None:
    code = "from sentry_asgi_autoconf import wrap; from raw3 import app; print(wrap(app) is app)"
    assert run(code, settings(project, SENTRY_DSN="")).stdout == "True\n"


def scripted(project: Project, **extra: str) -> Any:
    """Run a failing script with the bootstrap on the path."""
    return run(CRASH, environment({"SENTRY_DSN": project.dsn, **extra}))


def test_every_process_reports_where_that_is_wanted(project: Project) -> None:
    with_us = scripted(project, SENTRY_ASGI_PROCESSES="all")
    (event,) = project.wait("event")
    assert event["exception"]["values"][-1]["value"] == "of a script"
    assert with_us.returncode == 1
    assert json.dumps(event)  # parsed by the receiver


def test_in_strict_mode_every_process_refuses_bad_settings(project: Project) -> None:
    environ = {"SENTRY_ASGI_PROCESSES": "all", "SENTRY_ASGI_STRICT": "1", "SENTRY_SAMPLE_RATE": "7"}
    result = scripted(project, **environ)
    assert result.returncode == 78
    (line,) = result.stderr.splitlines()
    assert "SENTRY_SAMPLE_RATE" in line


@pytest.mark.parametrize("bootstrap", [True, False], ids=["with the bootstrap", "alone"])
def test_a_server_serves_an_app_that_was_wrapped_by_hand(
    bootstrap: bool, start: Callable[..., Server], project: Project
) -> None:
    server = start(uvicorn("wrapped_by_hand:app"), bootstrap=bootstrap).ready()
    assert server.get("/ok").text == "ok"
    server.provoke()
    project.wait("event")
    project.wait("transaction", 2)
    server.stop()
    assert (len(project.items("event")), len(project.items("transaction"))) == (1, 2)


BROKEN = {
    "no SDK": ("sentry_sdk.py", "raise ModuleNotFoundError('No module named x', name='x')"),
    "an old SDK": ("sentry_sdk.py", "VERSION = '1.45.0'"),
}


@pytest.mark.parametrize(("file", "text"), BROKEN.values(), ids=BROKEN.keys())
def test_an_environment_that_lacks_what_we_need_is_named_and_the_app_is_served(
    file: str, text: str, start: Callable[..., Server], tmp_path: Path
) -> None:
    (tmp_path / file).write_text(text)
    (tmp_path / "main.py").write_text((APPS / "raw3.py").read_text())
    server = start(uvicorn("main:app"), cwd=tmp_path).ready()
    assert server.get("/ok").text == "ok"
    server.stop()
    (line,) = [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf")]
    assert line.endswith("[missing-dependency]")


def test_a_process_that_serves_nothing_reports_nothing_by_default(project: Project) -> None:
    scripted(project)
    assert project.items() == []
