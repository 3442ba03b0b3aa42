"""Old releases of the SDK and of Python are held to a policy as the current ones are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.policies import Policy
from tests.harness.server import Server, uvicorn
from tests.harness.venvs import installed_beside, interpreters, venv

Start = Callable[..., Server]
pytestmark = pytest.mark.matrix

POLICY: dict[str, Any] = {
    "limits": {"dsn": {"allow": ["127.0.0.1"]}, "traces_sample_rate": {"max": 0.0}},
    "enforced": {
        "send_default_pii": False,
        "before_send": "policy_hooks:before_send",
        "event_scrubber": "policy_hooks:Scrubber",
    },
}
SERVER = ["uvicorn"]
ENVIRONMENTS = {
    "the oldest SDK": (sys.executable, ["sentry-sdk==2.0.1", *SERVER]),
    "an SDK that has logs as an experiment": (sys.executable, ["sentry-sdk==2.30.0", *SERVER]),
    "the oldest Python": (
        min(interpreters().items(), key=lambda item: int(item[0].partition(".")[2]))[1],
        ["sentry-sdk", *SERVER, "importlib-metadata", "tomli"],
    ),
}


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bootstrap directory of an installed wheel that no environment has on its path."""
    return installed_beside(tmp_path_factory.mktemp("beside"))


@pytest.mark.parametrize(("python", "requirements"), ENVIRONMENTS.values(), ids=ENVIRONMENTS.keys())
def test_an_app_that_asks_for_what_is_forbidden_does_not_get_it(
    python: str,
    requirements: list[str],
    bootstrap: Path,
    start: Start,
    project: Project,
    other: Project,
    policy: Policy,
) -> None:
    environ = {"INIT": "with all that is forbidden", "OTHER_DSN": other.dsn, "PYTHONPATH": str(bootstrap)}
    server = start(
        uvicorn("own_init:app", python=venv(python, *requirements)), {**environ, **policy(**POLICY)}
    )
    server.provoke(headers={"cookie": "sid=s3ss10n-of-somebody"})
    (event,) = project.wait("event")
    server.stop()
    assert (other.items(), project.items("transaction")) == ([], [])
    assert (event["tags"]["seen by"], event["tags"]["scrubbed"]) == (" app policy", "by the policy")
    assert "s3ss10n" not in str(event)
    assert server.output.count("[app-init]") == 1


def test_an_enforced_option_that_the_sdk_does_not_have_costs_a_line_and_telemetry_goes_on(
    bootstrap: Path, start: Start, project: Project, policy: Policy
) -> None:
    enforced = {"enable_logs": False, "before_send_log": "policy_hooks:before_send", "dist": "enforced"}
    environ = {"PYTHONPATH": str(bootstrap), "OPTIONS": '{"_experiments": {"enable_logs": true}}'}
    python = venv(sys.executable, "sentry-sdk==2.30.0", *SERVER)
    server = start(uvicorn("own_init:app", python=python), {**environ, **policy(enforced=enforced)})
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    assert event["dist"] == "enforced"
    assert project.items("log") == []
    assert server.output.count("[unsupported-option]") == 2
    assert "may not set _experiments.enable_logs=*** (left out: [enforced] enable_logs (" in server.output


def test_without_a_parser_of_toml_a_policy_is_not_known(
    bootstrap: Path, start: Start, project: Project, policy: Policy
) -> None:
    oldest = ENVIRONMENTS["the oldest Python"][0]
    python = venv(oldest, "sentry-sdk", *SERVER, "importlib-metadata")
    server = start(uvicorn("raw3:app", python=python), {"PYTHONPATH": str(bootstrap), **policy(**POLICY)})
    server.provoke()
    server.stop()
    assert project.items() == []
    assert (
        "TOML needs the package tomli on this Python. Correct it; until then nothing leaves" in server.output
    )
