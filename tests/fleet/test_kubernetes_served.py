"""Pods whose images differ: in their Python, in what they pin, and in how the bundle comes to them."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Callable

import pytest

from tests.fleet.bundles import oldest_and_newest
from tests.fleet.injectors import by_admission_policy, by_kustomize, by_kyverno
from tests.fleet.pods import KUBERNETES, SWITCH, Pod, documents, laid_out, pod
from tests.harness.envelopes import Project
from tests.harness.server import APPS, Server, uvicorn
from tests.harness.venvs import venv

Start = Callable[..., Server]
OLDEST, NEWEST = oldest_and_newest().values()


def written(name: str) -> Pod:
    """Return the pod of a manifest."""
    template: Pod = documents(name)[0]["spec"]["template"]
    return template


OWN_PATH = pod({"name": "PYTHONPATH", "value": "/app"})
# A pod as it starts, the Python of its image, and what that has.
PODS = {
    "image volume": (lambda: written("image-volume.yaml"), OLDEST, ("uvicorn", "fastapi")),
    "init container": (lambda: written("init-container.yaml"), NEWEST, ("uvicorn", "fastapi")),
    "Kustomize": (
        lambda: by_kustomize(OWN_PATH, {SWITCH: "image-volume"}),
        sys.executable,
        ("uvicorn", "fastapi", "pydantic==2.5.0", "sentry-sdk"),
    ),
    "the API server": (
        lambda: by_admission_policy(OWN_PATH, {SWITCH: "image-volume"}),
        sys.executable,
        ("uvicorn", "fastapi", "pydantic==1.10.24", "urllib3==1.26.20"),
    ),
}


@pytest.mark.parametrize("case", PODS.values(), ids=PODS.keys())
def test_an_app_reports(
    case: tuple[Callable[[], Pod], str, tuple[str, ...]], start: Start, project: Project, tmp_path: Path
) -> None:
    starting, python, requirements = case
    (tmp_path / "app").mkdir()
    shutil.copy(APPS / "fastapi_app.py", tmp_path / "app")
    environ = {**laid_out(starting(), tmp_path, project.dsn), "SENTRY_TRACES_SAMPLE_RATE": "1"}
    # Where its own PYTHONPATH has the app, nothing else does.
    directory = tmp_path if ":" in str(environ["PYTHONPATH"]) else tmp_path / "app"
    command = uvicorn("fastapi_app:app", "--app-dir", "/", python=venv(python, *requirements))
    server = start(command, environ, bootstrap=False, cwd=directory)
    server.ready().provoke()
    (event,) = project.wait("event")
    server.stop()
    assert event["environment"] == "production"
    assert "sentry-asgi-autoconf:" not in server.output


def test_without_the_policy_nothing_is_sent_and_the_app_is_served(
    start: Start, project: Project, tmp_path: Path
) -> None:
    environ = laid_out(by_kyverno(pod(), {SWITCH: "image-volume"}), tmp_path, project.dsn, with_policy=False)
    server = start(uvicorn("raw3:app", python=venv(sys.executable, "uvicorn")), environ, bootstrap=False)
    server.ready().provoke()
    server.stop()
    assert project.items() == []
    assert server.output.count("sentry-asgi-autoconf:") == 1 and "[invalid-policy]" in server.output


def test_half_a_copy_is_one_line(start: Start, project: Project, tmp_path: Path) -> None:
    environ = laid_out(by_kyverno(pod(), {SWITCH: "init-container"}), tmp_path, project.dsn)
    shutil.rmtree(Path(str(environ["PYTHONPATH"]), "any"))
    server = start(uvicorn("raw3:app", python=venv(sys.executable, "uvicorn")), environ, bootstrap=False)
    assert server.ready().get("/ok").text == "ok"
    server.stop()
    assert server.output.count("sentry-asgi-autoconf:") == 1


# What its schema does not know would be lost.
READ = """
import json, sys
from cloudcoil.models.kyverno.v1 import ClusterPolicy
told = json.load(sys.stdin)
read = ClusterPolicy.model_validate(told).model_dump(by_alias=True, exclude_unset=True, mode="json")
assert read == told, read
"""


def test_the_policy_keeps_to_kyverno_s_schema() -> None:
    (policy,) = documents("kyverno.yaml")
    command = [venv(sys.executable, "cloudcoil-models-kyverno"), "-c", READ]
    subprocess.run(command, input=json.dumps(policy), text=True, check=True)


def test_the_expressions_have_the_types_that_the_api_server_asks_for() -> None:
    python = venv(sys.executable, "cel-expr-python", "protobuf", "pyyaml")
    script = Path(__file__).with_name("expression_types.py")
    command = [python, str(script), str(KUBERNETES / "mutating-admission-policy.yaml")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    types = ["BOOL", "DYN", "BOOL", "STRING", "LIST<DYN>", "LIST<DYN>", "Object"]
    assert (result.stdout.split(), result.stderr) == (types, "")
