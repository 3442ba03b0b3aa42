"""The sitecustomize that ours shadows runs as it would without us, whatever it does."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bootstrap.test_idle import names_in_the_bootstrap
from tests.harness.server import APPS, BOOTSTRAP, environment, run

HOOKED = "any(type(f).__name__ == 'TriggerFinder' for f in sys.meta_path)"


def start(code: str, *directories: Path | str, **environ: str) -> Any:
    """Run `code` with these directories on PYTHONPATH."""
    path = os.pathsep.join(map(str, directories))
    return run(code, environment({"PYTHONPATH": path, **environ}, bootstrap=False))


def write(directory: Path, text: str) -> Path:
    """Write a sitecustomize into `directory`."""
    directory.mkdir(exist_ok=True)
    (directory / "sitecustomize.py").write_text(text)
    return directory


BEHAVIOURS = {
    "works": "import sys\nsys.marker = 'ran'\n",
    "raises": "raise RuntimeError('theirs')\n",
    "has a syntax error": "def\n",
    "fails to import": "import no_such_module\n",
    "misses itself": "raise ModuleNotFoundError('x', name='sitecustomize')\n",
    "prints": "print('theirs')\n",
    "changes the path": "import sys\nsys.path.insert(0, '/theirs')\n",
    "replaces itself": "import sys, types\nsys.modules['sitecustomize'] = types.ModuleType('other')\n",
}


@pytest.mark.parametrize("text", BEHAVIOURS.values(), ids=BEHAVIOURS.keys())
def test_it_does_what_it_does_without_us(text: str, tmp_path: Path) -> None:
    theirs = write(tmp_path / "theirs", text)
    code = (
        "import sys; module = sys.modules.get('sitecustomize')\n"
        "print(getattr(sys, 'marker', None), getattr(module, '__file__', module), getattr(module, '__name__', None))\n"
        f"print([p for p in sys.path if p != {str(BOOTSTRAP)!r}])"
    )
    alone, with_us = start(code, theirs), start(code, BOOTSTRAP, theirs)
    ours = str(BOOTSTRAP / "sitecustomize.py")
    assert with_us.returncode == alone.returncode
    assert with_us.stderr == alone.stderr
    assert with_us.stdout.replace(f"{ours} sitecustomize", "None None") == alone.stdout


def test_it_may_end_the_process(tmp_path: Path) -> None:
    theirs = write(tmp_path / "theirs", "import sys\nsys.exit(7)\n")
    alone, with_us = start("pass", theirs), start("pass", BOOTSTRAP, theirs)
    assert with_us.returncode == alone.returncode
    # CPython prints this traceback with every frame of the import system, so ours show among them.
    assert with_us.stderr.splitlines()[-3:] == alone.stderr.splitlines()[-3:]


@pytest.mark.parametrize("text", [BEHAVIOURS[name] for name in ("works", "raises", "has a syntax error")])
def test_it_does_not_keep_the_hook_from_being_installed(text: str, tmp_path: Path) -> None:
    theirs = write(tmp_path / "theirs", text)
    assert start(f"import sys; print({HOOKED})", BOOTSTRAP, theirs).stdout == "True\n"


def test_it_runs_when_we_are_switched_off(tmp_path: Path) -> None:
    theirs = write(tmp_path / "theirs", BEHAVIOURS["works"])
    result = start("import sys; print(sys.marker)", BOOTSTRAP, theirs, SENTRY_ASGI_ENABLED="false")
    assert result.stdout == "ran\n"


def test_one_that_puts_itself_first_for_children_does_not_come_before_ours(tmp_path: Path) -> None:
    text = "import os; here = os.path.dirname(__file__)\nos.environ['PYTHONPATH'] = here + os.pathsep + {}\n"
    added = write(tmp_path / "added", text.format("os.environ['PYTHONPATH']"))
    code = "import os; print(os.environ['PYTHONPATH'])"
    assert start(code, BOOTSTRAP, added).stdout == f"{BOOTSTRAP}:{added}:{added}\n"
    assert start(code, added, BOOTSTRAP).stdout == f"{added}:{added}:{BOOTSTRAP}\n"
    replaced = write(tmp_path / "replaced", text.format("'/elsewhere'"))
    assert start(code, BOOTSTRAP, replaced).stdout == f"{replaced}:/elsewhere\n"


STARTERS = names_in_the_bootstrap("STARTERS")
STARTER = """#!{python}
import os, sys
os.environ["PYTHONPATH"] = os.pathsep.join(["{theirs}", os.environ.get("PYTHONPATH", "")])
os.execl(sys.executable, sys.executable, *sys.argv[1:])
"""


@pytest.mark.parametrize("name", [*STARTERS, "unheard-of"])
@pytest.mark.parametrize("before", [False, True], ids=["ours alone", "another directory before it"])
def test_a_starter_that_puts_its_own_first_and_runs_no_other_comes_behind_ours(
    name: str, before: bool, tmp_path: Path
) -> None:
    theirs = write(tmp_path / "theirs", BEHAVIOURS["works"])
    starter = tmp_path / name
    starter.write_text(STARTER.format(python=sys.executable, theirs=theirs))
    starter.chmod(0o755)
    path = os.pathsep.join([*([str(tmp_path)] if before else []), str(BOOTSTRAP)])
    code = f"import sys; print(sys.marker, {HOOKED})"
    environ = environment({"PYTHONPATH": path}, bootstrap=False)
    result = subprocess.run(
        [str(starter), "-c", code], env=environ, capture_output=True, text=True, check=True
    )
    # It could not be known of one that nobody has heard of: `check` names it then.
    assert result.stdout == f"ran {name in STARTERS}\n"


def test_what_pytest_calls_with_a_test_client_is_not_served(tmp_path: Path) -> None:
    (tmp_path / "test_app.py").write_text(
        "import sys\nfrom starlette.testclient import TestClient\nfrom raw3 import app\n"
        "def test_it():\n    assert TestClient(app).get('/').text == 'ok'\n    assert 'sentry_sdk' not in sys.modules\n"
    )
    path = os.pathsep.join(map(str, (BOOTSTRAP, APPS)))
    environ = environment({"PYTHONPATH": path, "SENTRY_DSN": "http://key@127.0.0.1:9/1"}, bootstrap=False)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
    result = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert result.returncode == 0, result.stdout
    assert result.stderr == ""


@pytest.mark.skipif(sys.prefix == sys.base_prefix, reason="needs the interpreter outside of the environment")
def test_a_usercustomize_runs_as_without_us(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "usercustomize.py").write_text("import sys\nsys.user = 'ran'\n")
    python = next(
        str(python) for python in Path(sys.base_prefix, "bin").glob("python3*") if python.name == "python3"
    )
    for order in ((BOOTSTRAP, theirs), (theirs, BOOTSTRAP)):
        environ = environment({"PYTHONPATH": os.pathsep.join(map(str, order))}, bootstrap=False)
        result = run(f"import sys; print(getattr(sys, 'user', None), {HOOKED})", environ, python=python)
        assert (result.stdout, result.stderr) == ("ran True\n", "")


def test_one_earlier_on_the_path_hides_ours(tmp_path: Path) -> None:
    theirs = write(tmp_path / "theirs", BEHAVIOURS["works"])
    assert start(f"import sys; print(sys.marker, {HOOKED})", theirs, BOOTSTRAP).stdout == "ran False\n"


@pytest.mark.parametrize("order", ["a b theirs", "a theirs b", "a b theirs a b", "b a b theirs"])
def test_two_bootstraps_on_the_path_install_one_hook_and_run_the_shadowed_file_once(
    order: str, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(BOOTSTRAP, other)
    text = "import sys\nsys.marker = getattr(sys, 'marker', 0) + 1\n"
    directories = {"a": BOOTSTRAP, "b": other, "theirs": write(tmp_path / "theirs", text)}
    code = "import sys; print(sys.marker, [type(f).__name__ for f in sys.meta_path].count('TriggerFinder'))"
    assert start(code, *(directories[name] for name in order.split())).stdout == "1 1\n"
