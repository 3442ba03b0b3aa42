"""In a subinterpreter nothing is activated: the SDK could not start the thread that sends, and would say so at exit."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import environment, run
from tests.harness.venvs import installed_beside, interpreters, venv

# Begins as a process of its own does: with site, and so with the bootstrap.
MAIN = """
import sys
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

import uvicorn
from raw3 import app
config = uvicorn.Config(app, http="h11", ws="none", loop="asyncio", lifespan="off", log_config=None)
config.load()
print("main", config.loaded_app.app is app, flush=True)
failed = interpreters.run_string(interpreters.create(), {code!r})
assert not failed, failed
"""
SUBINTERPRETER = """
import sys
import uvicorn
sys.path.insert(0, "")
from raw3 import app
config = uvicorn.Config("raw3:app", http="h11", ws="none", loop="asyncio", lifespan="off", log_config=None)
config.load()
print("sub", config.loaded_app.app is app, "sentry_sdk" in sys.modules, flush=True)
"""
WHY = "sentry-asgi-autoconf: inactive: this is a subinterpreter, in which the SDK cannot send"


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bootstrap directory of an installed wheel that no environment has on its path."""
    return installed_beside(tmp_path_factory.mktemp("beside"))


@pytest.mark.parametrize("processes", ["servers", "all"])
@pytest.mark.parametrize(
    "version",
    [
        pytest.param(version, marks=() if python == sys.executable else pytest.mark.matrix)
        for version, python in interpreters().items()
        if version != "3.7"  # whose library has none
    ],
)
def test_nothing_is_activated_and_one_line_says_why(
    version: str, processes: str, project: Project, tmp_path: Path, bootstrap: Path
) -> None:
    python = interpreters()[version]
    if python != sys.executable:
        python = venv(python, "sentry-sdk", "importlib-metadata", "uvicorn")
    environ = environment(
        {
            "SENTRY_DSN": project.dsn,
            "SENTRY_ASGI_LOG_LEVEL": "info",
            "SENTRY_ASGI_PROCESSES": processes,
            "SENTRY_ASGI_STATUS_DIR": str(tmp_path),
            "PYTHONPATH": str(bootstrap),
        }
    )
    (tmp_path / ".keep").touch()
    result = run(MAIN.format(code=SUBINTERPRETER), environ, python=python)
    assert (result.returncode, result.stdout) == (0, "main False\nsub True False\n"), result.stderr
    lines = result.stderr.splitlines()
    assert lines.count(WHY) == 1
    assert lines.count("sentry-asgi-autoconf: active: sentry_sdk is initialised") == 1
    assert [line for line in lines if not line.startswith("sentry-asgi-autoconf: ")] == []
    # The file of the process tells of the main interpreter alone.
    (file,) = tmp_path.glob("*.json")
    status = json.loads(file.read_text())
    assert (status["state"], len(status["apps"])) == ("active", 1)
