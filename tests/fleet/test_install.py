"""`install` has an interpreter run the bootstrap without PYTHONPATH, `uninstall` leaves nothing of it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any, Callable, Iterable

import pytest

from sentry_asgi_autoconf.cli.installation import Interpreter, files_for
from tests.cli.checking import Checked, check, distribution
from tests.fleet.bundles import bundle
from tests.fleet.pythons import HOOKS, base_like, command, environment_of, hooks
from tests.harness.envelopes import Project
from tests.harness.server import APPS, BOOTSTRAP, ROOT, Server, environment, run
from tests.harness.venvs import PYENV

Start = Callable[..., Server]
OPEN = {"SENTRY_ASGI_ENABLED": "true", "PYTHONPATH": None}
LIBRARY = Path(sysconfig.get_path("stdlib"))


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Return an interpreter that is no virtual environment, whose library may be written to."""
    return Path(base_like(sys.executable, tmp_path / "base"))


def files(*roots: Path) -> list[Path]:
    return sorted(path for root in roots for path in root.rglob("*") if "__pycache__" not in path.parts)


def reports_once(start: Start, project: Project, python: str, *options: str, **environ: str) -> None:
    """Serve an app with an interpreter, and see one event, and no line of ours."""
    words = [python, *options, "-m", "uvicorn", "--port", "0", "--app-dir", str(APPS), "raw3:app"]
    server = start(words, {**OPEN, **environ}, bootstrap=False).ready()
    server.provoke()
    project.wait("event")
    server.stop()
    assert len(project.items("event")) == 1
    assert "sentry-asgi-autoconf:" not in server.output


def test_in_a_virtual_environment(start: Start, project: Project, tmp_path: Path) -> None:
    python = environment_of(sys.executable, tmp_path / "venv")
    (packages,) = (tmp_path / "venv").glob("lib/python*/site-packages")
    points = "[sentry_asgi_autoconf.servers]\nacme.loader = acme_sentry:join\n"
    distribution(packages, "acme-sentry", "1.0", points)
    before = files(tmp_path / "venv")
    said = command("install", "--venv", str(tmp_path / "venv"))
    (written,) = set(files(tmp_path / "venv")) - set(before)
    assert f"Wrote {written}\n" in said and written.name == "sentry_asgi_autoconf.pth"
    assert written.read_text().count("\n") == 1 and "SENTRY_ASGI_ENABLED" in written.read_text()
    assert f"Already there: {written}\n" in command("install", "--python", python)
    code = "import os; print(os.environ.get('SENTRY_ASGI_WATCH'))"
    for environ, watched in (({}, "None"), ({"SENTRY_ASGI_ENABLED": "true"}, "acme.loader")):
        assert run(code, environment(environ, bootstrap=False), python=python).stdout == f"{watched}\n"
    # Its gate is closed, open, open in what ignores the environment otherwise, and open beside PYTHONPATH.
    assert hooks(python) == "0"
    assert hooks(python, SENTRY_ASGI_ENABLED="true") == hooks(python, "-I", SENTRY_ASGI_ENABLED="true") == "1"
    both = f"{BOOTSTRAP}:{bundle()}"
    assert hooks(python, SENTRY_ASGI_ENABLED="true", PYTHONPATH=both) == "1"
    assert hooks(python, SENTRY_ASGI_ENABLED="false") == "0"
    reports_once(start, project, python, "-I")
    assert f"Removed {written}\n" in command("uninstall", "--venv", str(tmp_path / "venv"))
    assert files(tmp_path / "venv") == before
    assert "Nothing is installed" in command("uninstall", "--venv", str(tmp_path / "venv"))


def test_an_interpreter_s_environments_are_reached_and_its_own_sitecustomize_runs(
    base: Path, start: Start, project: Project, tmp_path: Path
) -> None:
    library = base.parents[1] / "lib" / LIBRARY.name
    theirs = library / "sitecustomize.py"
    (tmp_path / "theirs.py").write_text(
        "import sys\nprint('theirs', __file__ == sys.modules['sitecustomize'].__file__)\n"
    )
    theirs.symlink_to(tmp_path / "theirs.py")  # as Debian's
    before = files(library)
    said = command("install", "--python", str(base))
    written = library / "sitecustomize" / "__init__.py"
    assert f"Wrote {written}\n" in said and "each environment made from it" in said
    python = environment_of(base, tmp_path / "venv")
    for options in ((), ("-I",), ("-E",)):
        for value, number in (("true", "1"), ("", "0"), ("false", "0")):
            environ = environment({"SENTRY_ASGI_ENABLED": value}, bootstrap=False)
            result = run(
                f"{HOOKS}; print(sys.modules['sitecustomize'].__file__)", environ, *options, python=python
            )
            assert result.stderr == ""
            assert result.stdout.splitlines() == ["theirs True", number, str(theirs)]
    with_both = run(HOOKS, environment({"SENTRY_ASGI_ENABLED": "true"}), python=python)
    assert (with_both.stdout, with_both.stderr) == ("theirs True\n1\n", "")
    reports_once(start, project, python, "-I")
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "sitecustomize.py").touch()
    hidden = checked(python, SENTRY_ASGI_ENABLED="true", PYTHONPATH=str(tmp_path / "first"))
    assert hidden.slugs("error") == ["shadowed"]
    assert f"Removed {written}\n" in command("uninstall", "--python", str(base))
    assert files(library) == before


def test_one_of_site_packages_runs_behind_the_library_s(base: Path) -> None:
    library = base.parents[1] / "lib" / LIBRARY.name
    (library / "site-packages" / "sitecustomize.py").write_text("print('theirs')\n")
    command("install", "--python", str(base))
    for value, number in (("true", "1"), ("", "0")):
        result = run(HOOKS, environment({"SENTRY_ASGI_ENABLED": value}, bootstrap=False), python=str(base))
        assert (result.stdout, result.stderr) == (f"theirs\n{number}\n", "")


def test_with_its_gate_closed_an_interpreter_imports_nothing_more(tmp_path: Path) -> None:
    python = environment_of(sys.executable, tmp_path / "venv")
    before = imported(python)
    command("install", "--python", python)
    assert imported(python) == before


def imported(python: str) -> set[str]:
    result = run("pass", environment(bootstrap=False), "-X", "importtime", python=python)
    return {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}


def test_a_bundle_that_is_not_there_keeps_nothing_from_starting(tmp_path: Path) -> None:
    python = environment_of(sys.executable, tmp_path / "venv")
    for name in ("__main__.py", "sitecustomize.py", "manifest.json"):
        shutil.copy(bundle() / name, tmp_path)
    (tmp_path / "any").symlink_to(bundle() / "any")
    subprocess.run([python, tmp_path, "install"], check=True, stdout=subprocess.DEVNULL)
    assert hooks(python, SENTRY_ASGI_ENABLED="true") == "1"
    (tmp_path / "sitecustomize.py").unlink()
    assert hooks(python, SENTRY_ASGI_ENABLED="true") == "0"
    absent = checked(python, SENTRY_ASGI_ENABLED="true")
    assert absent.slugs("error") == ["bootstrap-absent"] and f"names {tmp_path}, where" in absent.text


def old(tmp: Path, base: Path) -> Iterable[str]:
    python = PYENV / "3.6.15/bin/python"
    if not python.exists():
        pytest.skip("there is no such Python")
    return ("--python", str(python))


def not_there(tmp: Path, base: Path) -> Iterable[str]:
    return ("--venv", str(tmp / "nowhere"))


def unwritable(tmp: Path, base: Path) -> Iterable[str]:
    python = environment_of(sys.executable, tmp / "venv")
    (packages,) = (tmp / "venv").glob("lib/python*/site-packages")
    shutil.rmtree(packages)
    packages.symlink_to("/proc")  # where root may not write either
    return ("--python", python)


def taken(tmp: Path, base: Path) -> Iterable[str]:
    theirs = base.parents[1] / "lib" / LIBRARY.name / "sitecustomize" / "__init__.py"
    theirs.parent.mkdir()
    theirs.touch()
    return ("--python", str(base))


@pytest.mark.parametrize(
    ("brought_about", "words"),
    [
        (old, "older than 3.7"),
        (not_there, "not an interpreter"),
        (unwritable, "Cannot write /"),
        (taken, "did not write it"),
    ],
)
def test_what_cannot_be_installed_is_refused(
    brought_about: Any, words: str, base: Path, tmp_path: Path
) -> None:
    options = brought_about(tmp_path, base)
    before = files(tmp_path)
    said = command("install", *options, status=1)
    assert words in said and said.endswith("[not-installed]\n") and said.count("\n") == 1
    assert files(tmp_path) == before


def test_where_lines_that_import_are_gone_a_start_file_names_a_function(tmp_path: Path) -> None:
    written = files_for(Interpreter((3, 15), True, tmp_path, tmp_path, ["acme.loader"]))
    for path, text in written.items():
        path.write_text(text)
    (start,) = tmp_path.glob("*.start")
    module, _, function = start.read_text().strip().partition(":")
    assert start.with_suffix(".pth") in written
    code = f"import os, sys; sys.path.append({str(tmp_path)!r}); import {module} as m; m.{function}(); m.{function}()\n"
    code += f"print(sys.path.count({str(BOOTSTRAP)!r}), os.environ.get('SENTRY_ASGI_WATCH'))"
    assert run(code, environment(bootstrap=False)).stdout == "0 None\n"
    assert run(code, environment({"SENTRY_ASGI_ENABLED": "1"}, bootstrap=False)).stdout == "1 acme.loader\n"


def checked(python: str, *options: str, words: tuple[str, ...] = (), **environ: str) -> Checked:
    variables = environment({"SENTRY_DSN": "http://d3adb33f@127.0.0.1:9/42", **environ}, bootstrap=False)
    command = [python, *options, str(bundle()), "check", *words]
    return Checked(
        subprocess.run(command, env=variables, capture_output=True, text=True, check=False, cwd=APPS)
    )


def test_check_names_each_way_in(tmp_path: Path) -> None:
    python = environment_of(sys.executable, tmp_path / "venv")
    assert checked(python).slugs("error") == ["bootstrap-missing"]
    command("install", "--python", python)
    closed = checked(python)
    assert closed.slugs("error") == ["gate-closed"]
    assert checked(python, SENTRY_ASGI_ENABLED="false").slugs("error") == ["disabled"]
    assert checked(python, PYTHONPATH="/app").slugs("error") == ["gate-closed"]
    assert checked(python, PYTHONPATH=str(bundle())).slugs("warning") == ["gate-closed"]
    words = ("--", python, "-I", "-m", "uvicorn", "--port", "0", "raw3:app")
    assert checked(python, words=words).slugs("error") == ["gate-closed"]
    assert checked(python, words=words, SENTRY_ASGI_ENABLED="true").slugs("ok") == ["serving"]
    for options in ((), ("-I",)):
        found = checked(python, *options, SENTRY_ASGI_ENABLED="true")
        assert found.status == 0 and "sentry_asgi_autoconf.pth" in found.line("installed")
    both = checked(python, SENTRY_ASGI_ENABLED="true", PYTHONPATH=str(bundle()))
    assert both.status == 0 and both.line("installed") and "on PYTHONPATH" in both.line("bootstrap")
    other = check(environ={"PYTHONPATH": f"{bundle()}:{ROOT}"})
    assert other.slugs("warning") == ["other-installation"] and str(bundle()) in other.text
