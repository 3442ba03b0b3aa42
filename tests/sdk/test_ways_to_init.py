"""However an app comes to a client of its own, its arguments are put over ours, and a policy holds."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.policies import Policy
from tests.harness.server import BOOTSTRAP, Server, uvicorn

Start = Callable[..., Server]

ONLY_HERE = {"dsn": {"allow": ["127.0.0.1"]}}
OF_THE_APP = {"OPTIONS": json.dumps({"environment": "of-the-app"})}
OF_THE_PLATFORM = {"SENTRY_ENVIRONMENT": "of-the-platform", "SENTRY_SERVER_NAME": "of-the-platform"}


def lines(server: Server) -> list[str]:
    """Return what the package said of the app's init."""
    return [line for line in server.output.splitlines() if line.endswith("[app-init]")]


def before_everything(directory: Path, code: str) -> dict[str, str]:
    """Have every interpreter run this code at its start, and give the variables for it."""
    (directory / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": os.pathsep.join([str(BOOTSTRAP), str(directory)])}


def the_event(server: Server, project: Project, other: Project) -> dict[str, Any]:
    """Return the one event of an error that is provoked; nothing goes where the app's own init would send it."""
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    assert other.items() == []
    found: dict[str, Any] = event
    return found


@pytest.mark.parametrize(
    "way", ["by keywords", "by position", "as a mapping", "by name", "in a thread", "by hand"]
)
def test_its_options_apply_and_its_dsn_does_not(
    way: str, start: Start, project: Project, other: Project, policy: Policy
) -> None:
    environ = {"INIT": way, "OTHER_DSN": other.dsn, **OF_THE_APP, **OF_THE_PLATFORM}
    server = start(uvicorn("own_init:app"), {**environ, **policy(limits=ONLY_HERE)})
    event = the_event(server, project, other)
    assert (event["environment"], event["server_name"]) == ("of-the-app", "of-the-platform")
    (line,) = lines(server)
    assert "own_init.py:" in line
    assert "sets environment, may not set dsn=*** (*** applies: [limits] dsn (" in line


def test_an_init_within_a_request_takes_effect_from_then_on(
    start: Start, project: Project, other: Project, policy: Policy
) -> None:
    environ = {"WHEN": "in a request", "INIT": "by keywords", "OTHER_DSN": other.dsn, **OF_THE_APP}
    server = start(uvicorn("own_init:app"), {**environ, **OF_THE_PLATFORM, **policy(limits=ONLY_HERE)})
    server.get("/message")
    assert server.get("/init").text == "gave _InitGuard"
    server.get("/message")
    first, second = project.wait("event", 2)
    server.stop()
    assert other.items() == []
    assert [event["environment"] for event in (first, second)] == ["of-the-platform", "of-the-app"]
    assert len(lines(server)) == 1


def test_the_second_init_of_a_dependency_cannot_take_the_platform_s_values_away(
    start: Start, project: Project, other: Project, policy: Policy
) -> None:
    environ = {"INIT": "twice", "OTHER_DSN": other.dsn, **OF_THE_PLATFORM}
    server = start(uvicorn("own_init:app"), {**environ, **policy(limits=ONLY_HERE)})
    event = the_event(server, project, other)
    assert (event["release"], event["environment"]) == ("of-a-dependency", "of-the-platform")
    (line,) = lines(server)
    assert "sets release, may not set dsn" in line


def test_an_init_that_was_imported_by_name_before_the_server_is_guarded_too(
    start: Start, project: Project, other: Project, policy: Policy, tmp_path: Path
) -> None:
    (tmp_path / "early_app.py").write_text(
        f"from builtins import early_init\nearly_init({other.dsn!r}, environment='of-the-app')\n"
        "from raw3 import app\n"
    )
    code = "import builtins\nfrom sentry_sdk import init\nbuiltins.early_init = init\n"
    environ = {**before_everything(tmp_path, code), **policy(limits=ONLY_HERE)}
    server = start(uvicorn("--app-dir", str(tmp_path), "early_app:app"), environ)
    event = the_event(server, project, other)
    assert event["environment"] == "of-the-app"


def test_an_init_that_ran_before_the_server_is_joined_with_the_settings(
    start: Start, project: Project, other: Project, policy: Policy, tmp_path: Path
) -> None:
    code = f"import sentry_sdk\nsentry_sdk.init({other.dsn!r}, environment='early', max_breadcrumbs=7)\n"
    environ = {**before_everything(tmp_path, code), **OF_THE_PLATFORM, **policy(limits=ONLY_HERE)}
    server = start(uvicorn("raw3:app"), environ)
    event = the_event(server, project, other)
    assert (event["environment"], event["server_name"]) == ("early", "of-the-platform")
    (line,) = lines(server)
    assert "sitecustomize.py:2 sets environment, max_breadcrumbs, may not set dsn" in line


@pytest.mark.parametrize("scope", ["global", "isolation", "current"])
def test_a_client_that_was_bound_to_any_scope_before_the_server_is_joined_with_the_settings(
    scope: str, start: Start, project: Project, other: Project, policy: Policy, tmp_path: Path
) -> None:
    code = f"import sentry_sdk as s\ns.get_{scope}_scope().set_client(s.Client({other.dsn!r}, environment='early'))\n"
    environ = {**before_everything(tmp_path, code), **OF_THE_PLATFORM, **policy(limits=ONLY_HERE)}
    server = start(uvicorn("raw3:app"), environ)
    event = the_event(server, project, other)
    assert (event["environment"], event["server_name"]) == ("early", "of-the-platform")


@pytest.mark.parametrize("layer", ["policy", "config file"])
def test_the_layers_below_apply_where_nothing_but_the_app_s_init_names_a_destination(
    layer: str, start: Start, other: Project, policy: Policy, tmp_path: Path
) -> None:
    config = tmp_path / "sentry.toml"
    config.write_text('environment = "of-the-platform"\nserver_name = "of-the-platform"\n')
    environ = {
        "policy": policy(defaults={"environment": "of-the-platform", "server_name": "of-the-platform"}),
        "config file": {"SENTRY_ASGI_CONFIG": str(config)},
    }[layer]
    app = {"INIT": "by keywords", "OTHER_DSN": other.dsn, "SENTRY_ASGI_LOG_LEVEL": "info", **OF_THE_APP}
    server = start(uvicorn("own_init:app"), {**app, **environ, "SENTRY_DSN": None})
    server.get("/message")
    (event,) = other.wait("event")
    server.stop()
    assert (event["environment"], event["server_name"]) == ("of-the-app", "of-the-platform")
    (line,) = lines(server)
    assert line.endswith(" sets dsn, environment. [app-init]")


def test_without_a_policy_one_line_says_what_the_app_s_init_changed(
    start: Start, project: Project, other: Project
) -> None:
    environ = {"INIT": "by position", "OTHER_DSN": other.dsn, "SENTRY_ASGI_LOG_LEVEL": "info"}
    server = start(uvicorn("own_init:app"), {**environ, **OF_THE_APP, **OF_THE_PLATFORM})
    server.provoke()
    (event,) = other.wait("event")
    server.stop()
    assert project.items() == []
    assert (event["environment"], event["server_name"]) == ("of-the-app", "of-the-platform")
    (line,) = lines(server)
    assert line.endswith(" sets dsn, environment. [app-init]")
    assert "own_init.py:" in line


def test_an_init_that_says_nothing_changes_nothing_and_is_not_told_of(start: Start, project: Project) -> None:
    environ = {"INIT": "with its options", "SENTRY_ASGI_LOG_LEVEL": "info", **OF_THE_PLATFORM}
    server = start(uvicorn("own_init:app"), {**environ, "OPTIONS": '{"dsn": null, "environment": null}'})
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    assert event["environment"] == "of-the-platform"
    assert lines(server) == []


@pytest.mark.parametrize("limits", [{}, ONLY_HERE], ids=["no policy", "policy"])
def test_an_empty_dsn_turns_sentry_off_which_is_said(
    limits: dict[str, dict[str, list[str]]], start: Start, project: Project, policy: Policy
) -> None:
    environ = {"INIT": "with its options", "OPTIONS": '{"dsn": ""}', **policy(limits=limits)}
    server = start(uvicorn("own_init:app"), environ)
    server.provoke()
    server.stop()
    assert project.items() == []
    (line,) = lines(server)
    assert line.endswith("sets dsn, and so turns Sentry off. [app-init]")
