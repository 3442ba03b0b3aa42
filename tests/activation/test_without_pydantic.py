"""No served process imports pydantic for the settings' sake, so an app may pin any release of it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, uvicorn
from tests.harness.venvs import installed_beside, venv

Start = Callable[..., Server]
Variables = Callable[[Path], "dict[str, str]"]
COMPILED = "pydantic,pydantic_core,pydantic_settings,typing_extensions"


def written(directory: Path, name: str, text: str) -> str:
    """Write a file, and give its path."""
    (directory / name).write_text(text)
    return str(directory / name)


def secrets(directory: Path) -> dict[str, str]:
    written(directory, "sentry_environment", "staging\n")
    return {"SENTRY_ASGI_SECRETS_DIR": str(directory)}


# What may be set or wrong, and how it is brought about.
CASES: dict[str, Variables] = {
    "variables": lambda directory: {"SENTRY_ENVIRONMENT": "staging", "SENTRY_EXPERIMENTS": "{}"},
    "a policy": lambda directory: {
        "SENTRY_ASGI_POLICY": written(directory, "policy.toml", "[limits]\nmax_breadcrumbs = { max = 9 }\n")
    },
    "a config file": lambda directory: {
        "SENTRY_ASGI_CONFIG": written(directory, "config.toml", "environment = 'staging'\n")
    },
    "a secrets directory": secrets,
    "a typo": lambda directory: {"SENTRY_ENVIROMENT": "staging"},
    "a refused value": lambda directory: {"SENTRY_MAX_BREADCRUMBS": "many"},
    "a Service of Kubernetes": lambda directory: {
        "SENTRY_SERVICE_HOST": "10.0.0.1",
        "SENTRY_PORT_9000_TCP": "tcp://10.0.0.1:9000",
    },
}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="the server itself imports typing_extensions")
@pytest.mark.parametrize("variables", CASES.values(), ids=CASES.keys())
def test_a_served_process_imports_none_of_it(
    variables: Variables, start: Start, project: Project, tmp_path: Path
) -> None:
    server = start(uvicorn("modules:app"), variables(tmp_path)).ready()
    assert server.get(f"/sentry_sdk,{COMPILED}").text == "sentry_sdk"
    project.wait("transaction")


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bootstrap directory of an installed wheel that no environment has on its path."""
    return installed_beside(tmp_path_factory.mktemp("beside"))


@pytest.mark.matrix
@pytest.mark.parametrize("variables", CASES.values(), ids=CASES.keys())
@pytest.mark.parametrize(
    "pinned", ["pydantic==1.10.24", "pydantic==2.0", "pydantic==2.5.0", "typing_extensions==4.0.0"]
)
def test_an_app_that_pins_an_old_release_reports(
    pinned: str, variables: Variables, bootstrap: Path, start: Start, project: Project, tmp_path: Path
) -> None:
    python = venv(sys.executable, "sentry-sdk", "uvicorn", pinned)
    environ = {**variables(tmp_path), "PYTHONPATH": str(bootstrap)}
    server = start(uvicorn("raw3:app", python=python), environ).ready()
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    assert event["contexts"]["asgi_server"]["name"] == "uvicorn"
    assert "missing-dependency" not in server.output
