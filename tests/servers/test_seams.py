"""A server's function sees what it would see without us, and so does its caller, however odd the call is."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from sentry_asgi_autoconf import entry_points
from tests.harness.envelopes import Project
from tests.harness.server import DEADLINE, ROOT, environment, run
from tests.servers.seams import CHANGED, CONDITIONS, SEAMS


def test_no_seam_is_forgotten() -> None:
    declared = [
        each
        for each in entry_points.in_group(entry_points.SERVERS)
        if each.value.startswith("sentry_asgi_autoconf.")
    ]
    assert {each.name for each in declared} == SEAMS.keys()


@pytest.mark.parametrize("trigger", SEAMS)
def test_odd_calls_are_as_bare_in_every_condition(trigger: str, project: Project) -> None:
    environ = environment({"SENTRY_DSN": project.dsn}, bootstrap=False)
    ran = subprocess.run(
        [sys.executable, "-m", "tests.servers.seam_comparison", trigger],
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=10 * DEADLINE,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    told = json.loads(ran.stdout.splitlines()[-1])
    assert set(told["seams"]) == SEAMS[trigger]
    assert told["differences"] == {condition: [] for condition in CONDITIONS}
    assert set(told["changed"]) == CHANGED.get(trigger, set())


# A deployment whose class is particular about how it is made, as an author's may be.
DEPLOYMENT = """
from tests.servers.seam_comparison import join
from tests.servers.seams import trigger_module

module = trigger_module("ray.serve._private.http_util")
join(module)
passed = []

class Mixin:
    def __new__(kind, *args, **kwargs):
        passed.append((args, kwargs))
        return super().__new__(kind)

class Deployment(module.ASGIAppReplicaWrapper, Mixin):
    def __init__(self, *args, **kwargs):
        super().__init__("an app")

    def __setattr__(self, name, value):
        raise LookupError(name)

    async def __del__(self):
        pass

made = Deployment.__new__(Deployment, 1, key=2)
again = Deployment(1, key=2)
print(type(made) is Deployment, passed[0] == passed[1] == ((1,), {"key": 2}), sorted(vars(made)))
import os
os._exit(0)
"""


@pytest.mark.parametrize(
    ("environ", "changed"),
    [
        ({"SENTRY_DSN": ""}, []),
        ({"SENTRY_ASGI_DISABLED_SERVERS": "ray"}, []),
        ({"SENTRY_ASGI_EXCLUDED_APPS": "*:Deployment"}, []),
        ({}, ["__del__", "__init__"]),
    ],
    ids=["inactive", "disabled", "excluded", "active"],
)
def test_a_deployment_of_ray_is_made_as_bare(
    environ: dict[str, str], changed: list[str], project: Project
) -> None:
    variables = environment({"SENTRY_DSN": project.dsn, **environ}, bootstrap=False)
    ran = run(
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); sys.argv.append('ray')\n{DEPLOYMENT}", variables
    )
    assert ran.stdout == f"True True {changed}\n", ran.stderr
