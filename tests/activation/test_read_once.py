"""What a boot reads, it reads once."""

from __future__ import annotations

import json
from pathlib import Path

from tests.harness.envelopes import Project
from tests.harness.server import APPS, environment, run

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
