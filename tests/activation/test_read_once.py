"""What a boot reads, it reads once, and it imports what it needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Callable

from tests.harness.envelopes import Project
from tests.harness.server import APPS, ROOT, Server, environment, run, uvicorn

# Counts what is opened on the way to a served app, by uvicorn's own steps.
COUNT = """
import collections, json, sys
opened = collections.Counter()
sys.addaudithook(lambda event, args: opened.update([str(args[0])]) if event == "open" else None)
import uvicorn
config = uvicorn.Config("main:app")
config.load()
import sentry_sdk
assert sentry_sdk.get_client().options["max_breadcrumbs"] == 7
print(json.dumps(opened))
"""


def test_each_file_of_settings_is_read_once_at_a_boot(project: Project, tmp_path: Path) -> None:
    policy, pyproject = tmp_path / "policy.toml", tmp_path / "pyproject.toml"
    policy.write_text("[limits.sample_rate]\nmin = 0.5\n")
    pyproject.write_text("[tool.sentry-asgi-autoconf]\nmax_breadcrumbs = 7\n")
    (tmp_path / "main.py").write_text((APPS / "raw3.py").read_text())
    environ = environment({"SENTRY_DSN": project.dsn, "SENTRY_ASGI_POLICY": str(policy)})
    result = run(COUNT, {**environ, "PYTHONPATH": f"{environ['PYTHONPATH']}:{tmp_path}"})
    opened = json.loads(result.stdout)
    assert opened[str(policy)] == 1
    # Once for a look whether it has a table of ours, which most have not, and once to parse it.
    assert opened[str(pyproject)] == 2


# Of a library that is installed beside the tests, and is imported with uvicorn.
ADAPTERS_BESIDE = {"sentry_asgi_autoconf.servers.a2wsgi", "sentry_asgi_autoconf.servers.wrapped_apps"}


def test_a_process_that_serves_a_plain_app_imports_less_than_half_of_the_package(
    start: Callable[..., Server],
) -> None:
    package = ROOT / "sentry_asgi_autoconf"
    paths = [path.relative_to(ROOT).with_suffix("") for path in package.rglob("*.py")]
    names = {".".join(path.parts).removesuffix(".__init__") for path in paths}
    server = start(uvicorn("modules:app"), {"SENTRY_TRACES_SAMPLE_RATE": None}).ready()
    imported = set(server.get("/" + ",".join(sorted(names))).text.split(","))
    assert "sentry_asgi_autoconf.serving.served_app" in imported
    assert len(imported - ADAPTERS_BESIDE) <= 60
