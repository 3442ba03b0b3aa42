"""An app's init that ran before its server: what it has said is known as it was said."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.policies import Policy
from tests.harness.served import serve
from tests.harness.server import Server

Start = Callable[..., Server]

SCRIPT = [sys.executable, "early_server.py"]
# What the SDK finds out by itself where nothing is said, and its defaults, against settings that say otherwise.
SAID = {
    "server_name": "said",
    "keep_alive": True,
    "project_root": "/said",
    "instrumenter": "otel",
    "max_breadcrumbs": 100,
    "attach_stacktrace": False,
    "environment": "production",
}
SETTINGS = {
    "SENTRY_MAX_BREADCRUMBS": "7",
    "SENTRY_ATTACH_STACKTRACE": "true",
    "SENTRY_ENVIRONMENT": "of-the-platform",
    "SENTRY_SERVER_NAME": "of-the-platform",
}


def told(server: Server) -> Any:
    return server.get("/options").json()


def test_all_that_it_said_holds(start: Start) -> None:
    told_by_app = told(start(SCRIPT, {**SETTINGS, "OPTIONS": json.dumps(SAID)}).ready())
    assert {name: told_by_app[name] for name in SAID} == SAID


@pytest.mark.parametrize(("mode", "environment"), [("keep", "of-the-platform"), ("replace", "production")])
def test_the_mode_applies_to_it(mode: str, environment: str, start: Start) -> None:
    environ = {**SETTINGS, "OPTIONS": json.dumps(SAID), "SENTRY_ASGI_ON_APP_INIT": mode}
    assert told(start(SCRIPT, environ).ready())["environment"] == environment


@pytest.mark.parametrize("nearer", [{}, {"NEARER": "its client is bound to the isolation scope"}])
def test_what_is_enforced_holds_against_it(nearer: dict[str, str], start: Start, policy: Policy) -> None:
    rules = policy(enforced={"max_breadcrumbs": 3, "disabled_integrations": ["threading"]})
    server = start(SCRIPT, {"OPTIONS": json.dumps(SAID), **nearer, **rules}).ready()
    options = told(server)
    assert options["max_breadcrumbs"] == 3
    assert "threading" not in options["integrations"] and "logging" in options["integrations"]
    server.stop()
    assert "early_server.py:25 " in server.output and "may not set max_breadcrumbs=100" in server.output


def test_an_integration_that_is_disabled_does_nothing_after_it(start: Start) -> None:
    environ = {"OPTIONS": "{}", "SENTRY_DISABLED_INTEGRATIONS": "threading,argv"}
    names = told(start(SCRIPT, environ).ready())["integrations"]
    assert not {"threading", "argv"}.intersection(names) and "logging" in names


@pytest.mark.parametrize("hook", ["when_ready(server)", "post_fork(server, worker)", "at the top"])
def test_one_in_gunicorn_s_configuration(hook: str, start: Start, project: Project, tmp_path: Path) -> None:
    init = "import sentry_sdk; sentry_sdk.init(server_name='said', max_breadcrumbs=100)"
    code = init if hook == "at the top" else f"def {hook}:\n    {init}"
    (tmp_path / "settings.py").write_text(code)
    served = serve(start, "gunicorn", "raw3:app", f"-c {tmp_path}/settings.py", environ=SETTINGS)
    assert served.client().get("/boom").status_code == 500
    (event,) = project.wait("event")
    served.server.stop()
    assert (event["server_name"], event["environment"]) == ("said", "of-the-platform")
