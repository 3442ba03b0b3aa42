"""A process that serves nothing hardly notices the bootstrap."""

from __future__ import annotations

import ast
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from sentry_asgi_autoconf.status.unknown_server import APP_CLASSES
from tests.harness.server import BOOTSTRAP, environment, run

if sys.version_info >= (3, 10):
    from importlib.metadata import entry_points


def imported(environ: dict[str, str]) -> set[str]:
    """Return the modules that an idle interpreter imports."""
    result = run("pass", environ, "-X", "importtime")
    return {line.rpartition("|")[2].strip() for line in result.stderr.splitlines() if "import time:" in line}


def test_an_idle_interpreter_imports_the_bootstraps_sitecustomize_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").touch()
    without = imported(environment({"PYTHONPATH": str(tmp_path)}, bootstrap=False))
    assert imported(environment({"SENTRY_DSN": "http://key@127.0.0.1:9/1"})) == without


def test_importing_what_is_no_server_imports_neither_the_sdk_nor_pydantic() -> None:
    code = "import sys, asyncio, json, http.server; print([m for m in ('sentry_sdk', 'pydantic') if m in sys.modules])"
    assert run(code, environment({"SENTRY_DSN": "http://key@127.0.0.1:9/1"})).stdout == "[]\n"


def test_importing_a_server_without_serving_imports_neither_the_sdk_nor_pydantic() -> None:
    code = "import sys, uvicorn; print([m for m in ('sentry_sdk', 'pydantic') if m in sys.modules])"
    assert run(code, environment({"SENTRY_DSN": "http://key@127.0.0.1:9/1"})).stdout == "[]\n"


def test_the_hook_watches_the_triggers_of_every_built_in_adapter() -> None:
    declared = {
        entry_point.name
        for entry_point in entry_points(group="sentry_asgi_autoconf.servers")
        if entry_point.value.startswith("sentry_asgi_autoconf.")
    }
    assert set(names_in_the_bootstrap("TRIGGERS")) == declared


def test_the_hook_watches_the_frameworks_of_whose_unknown_servers_it_tells() -> None:
    assert set(names_in_the_bootstrap("FRAMEWORKS")) == set(APP_CLASSES)


def names_in_the_bootstrap(constant: str) -> tuple[str, ...]:
    module = ast.parse((BOOTSTRAP / "sitecustomize.py").read_text())
    (names,) = [
        ast.literal_eval(node.value)
        for node in module.body
        if isinstance(node, ast.Assign) and node.targets[0].id == constant  # type: ignore[attr-defined]
    ]
    assert isinstance(names, tuple)
    return names


FRAMEWORKS = """
import importlib, sys
for name in {frameworks}:
    importlib.import_module(name)
(finder,) = [finder for finder in sys.meta_path if type(finder).__name__ == "TriggerFinder"]
costly = ["sentry_sdk", "pydantic_settings", "sentry_asgi_autoconf.runtime", "sentry_asgi_autoconf.entry_points"]
print([name for name in costly if name in sys.modules], len(finder.triggers.intersection({frameworks})))
"""


# Quart imports hypercorn.
SERVERLESS = sorted({*APP_CLASSES} - {"quart.app"})


@pytest.mark.parametrize(("level", "watched"), [("warning", 0), ("info", len(SERVERLESS))])
def test_importing_frameworks_without_serving_imports_next_to_nothing(level: str, watched: int) -> None:
    environ = environment({"SENTRY_DSN": "http://key@127.0.0.1:9/1", "SENTRY_ASGI_LOG_LEVEL": level})
    result = run(FRAMEWORKS.format(frameworks=SERVERLESS), environ)
    assert (result.stdout, result.stderr) == (f"[] {watched}\n", "")


@pytest.mark.parametrize("value", ["false", "False", "0", "no", " off "])
def test_switched_off_it_installs_nothing(value: str) -> None:
    code = "import sys; print(any(type(f).__name__ == 'TriggerFinder' for f in sys.meta_path))"
    assert run(code, environment({"SENTRY_ASGI_ENABLED": value})).stdout == "False\n"
    assert run(code, environment()).stdout == "True\n"


def test_it_survives_a_process_without_stderr() -> None:
    command = f"exec {sys.executable} -c 'import sys, uvicorn; print(sys.stderr)' 2>&-"
    environ = environment({"SENTRY_ASGI_PROCESSES": "all", "SENTRY_DSN": "nonsense"})
    result = subprocess.run(
        ["/bin/sh", "-c", command], env=environ, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stdout) == (0, "None\n")


def test_it_works_from_a_directory_that_cannot_be_written(tmp_path: Path) -> None:
    for source in BOOTSTRAP.glob("*.py"):
        (tmp_path / source.name).write_text(source.read_text())
    tmp_path.chmod(stat.S_IRUSR | stat.S_IXUSR)
    code = "import sys; print(sys.modules['sitecustomize'].__file__)"
    result = run(
        code, environment({"PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}, bootstrap=False)
    )
    assert (result.stdout, result.stderr) == (f"{tmp_path / 'sitecustomize.py'}\n", "")


@pytest.mark.parametrize("options", [["-I"], ["-E"], ["-S"]])
def test_an_interpreter_told_to_ignore_the_environment_runs_as_ever(options: list[str]) -> None:
    result = run("print('fine')", environment(), *options)
    assert (result.returncode, result.stdout, result.stderr) == (0, "fine\n", "")


OTHER_PYTHONS = sorted(
    Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")).glob("versions/*/bin/python")
)


@pytest.mark.parametrize(
    "python", [Path(sys.executable), *OTHER_PYTHONS], ids=lambda path: str(path.parts[-3])
)
def test_every_python_on_the_machine_starts_as_ever_and_runs_the_shadowed_file(
    python: Path, tmp_path: Path
) -> None:
    (tmp_path / "sitecustomize.py").write_text("ran = True\n")
    paths = os.pathsep.join([str(BOOTSTRAP), str(tmp_path)])
    environ = environment({"PYTHONPATH": paths}, bootstrap=False)
    result = run("import sitecustomize; print(sitecustomize.ran)", environ, python=str(python))
    assert (result.returncode, result.stdout, result.stderr) == (0, "True\n", "")
