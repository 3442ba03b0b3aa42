"""One bundle on every Python at hand, and beside old releases of whatever an app may pin, in all settings at once."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

import pytest

from tests.fleet.bundles import bundle
from tests.fleet.found import THREE, TOLD, more_than_bare
from tests.fleet.pythons import base_like, command, environment_of, hooks
from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn
from tests.harness.venvs import interpreters, venv

Start = Callable[..., Server]

# The app, and what its environment has of what a bundle brings, and of what it does without.
PINNED = {
    "nothing": ("raw3:app", "typing_extensions==4.0.0"),
    "an old urllib3": ("fastapi_app:app", "fastapi", "pydantic==1.10.24", "urllib3==1.26.20"),
    "the oldest SDK": ("raw3:app", "pydantic==2.0", "sentry-sdk==2.0.1", "urllib3==1.26.20"),
    "the newest SDK": ("fastapi_app:app", "fastapi", "pydantic==2.5.0", "sentry-sdk"),
}


def all_settings(directory: Path) -> dict[str, str]:
    """Return variables that name a policy, a config file and secrets, with a typo among them."""
    (directory / "policy.toml").write_text("[limits]\nmax_breadcrumbs = { max = 9 }\n")
    (directory / "config.toml").write_text("server_name = 'shop-1'\n")
    (directory / "secrets").mkdir()
    (directory / "secrets" / "sentry_environment").write_text("staging\n")
    return {
        "SENTRY_ASGI_POLICY": str(directory / "policy.toml"),
        "SENTRY_ASGI_CONFIG": str(directory / "config.toml"),
        "SENTRY_ASGI_SECRETS_DIR": str(directory / "secrets"),
        "SENTRY_TRACES_SAMPLERATE": "1",
    }


def check(python: str, app: str, start: Start, project: Project, tmp_path: Path) -> None:
    """Serve the app, and see that its event has what each setting says, and one line of the typo."""
    environ = {**all_settings(tmp_path), "PYTHONPATH": str(bundle())}
    server = start(uvicorn(app, python=python), environ).ready()
    server.provoke()
    (event,) = project.wait("event")
    project.wait("transaction")
    server.stop()
    assert (event["environment"], event["server_name"]) == ("staging", "shop-1")
    assert server.output.count("sentry-asgi-autoconf:") == 1 and "[unknown-setting]" in server.output


@pytest.mark.parametrize("app", ["raw3:app", "fastapi_app:app"])
@pytest.mark.parametrize("python", interpreters().values(), ids=interpreters().keys())
def test_each_python_reports(python: str, app: str, start: Start, project: Project, tmp_path: Path) -> None:
    check(venv(python, "uvicorn", "fastapi"), app, start, project, tmp_path)


@pytest.mark.parametrize("minor", interpreters())
def test_each_python_finds_three_modules_more(
    minor: str, start: Start, project: Project, tmp_path: Path
) -> None:
    python = venv(interpreters()[minor], "uvicorn")
    settings = {**all_settings(tmp_path), "PYTHONPATH": ""}
    found = more_than_bare(start, python, tmp_path, **settings)
    project.wait("transaction")
    if minor != "3.7":
        assert found == dict.fromkeys(TOLD, THREE)
    else:  # whose standard library has no importlib.metadata; there the SDK imports setuptools' pkg_resources
        backport = {"importlib_metadata", "typing_extensions", "zipp"}
        assert {*found["importable"]} - {*THREE} <= backport
        assert {*found["modules"]} - {*THREE} <= {*backport, "pkg_resources"}


@pytest.mark.parametrize("python", interpreters().values(), ids=interpreters().keys())
def test_each_python_runs_what_is_installed_for_it(python: str, tmp_path: Path) -> None:
    base = base_like(python, tmp_path / "base")
    for reached in (environment_of(base, tmp_path / "venv"), base):
        command("install", "--python", reached)
        for options in ((), ("-I",)):
            assert hooks(reached, *options) == "0"
            assert hooks(reached, *options, SENTRY_ASGI_ENABLED="true") == "1"
        command("uninstall", "--python", reached)
        assert hooks(reached, SENTRY_ASGI_ENABLED="true") == "0"


@pytest.mark.parametrize("pinned", PINNED.values(), ids=PINNED.keys())
def test_an_app_keeps_what_it_pins(
    pinned: tuple[str, ...], start: Start, project: Project, tmp_path: Path
) -> None:
    app, *requirements = pinned
    check(venv(sys.executable, "uvicorn", *requirements), app, start, project, tmp_path)


def test_an_sdk_that_is_too_old_is_one_line(start: Start, project: Project) -> None:
    python = venv(sys.executable, "uvicorn", "sentry-sdk==1.45.1")
    server = start(uvicorn("raw3:app", python=python), {"PYTHONPATH": str(bundle())}).ready()
    assert server.get("/ok").text == "ok"
    server.stop()
    (line,) = [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf:")]
    assert "sentry-sdk 1.45.1 is older than 2.0.1" in line and line.endswith("[missing-dependency]")
