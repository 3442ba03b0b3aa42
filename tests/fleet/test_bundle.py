"""One bundle, written once, serves any app on any Python, which hardly notices it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any, Callable

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from sentry_asgi_autoconf import __version__
from sentry_asgi_autoconf.cli.bundle.distributions import Distribution
from sentry_asgi_autoconf.cli.bundle.layout import arrange
from tests.fleet.bundles import bundle, copied_bundle, oldest_and_newest, wheelhouse, write
from tests.fleet.found import OWN, THREE, TOLD, more_than_bare
from tests.harness.envelopes import Project
from tests.harness.server import APPS, ROOT, Server, environment, run, uvicorn
from tests.harness.venvs import PYENV, venv

Start = Callable[..., Server]
TWO = oldest_and_newest()


def served(start: Start, python: str, root: Path, app: str = "raw3:app", **environ: str) -> Server:
    """Serve an app of an environment that knows nothing of Sentry, with a bundle on PYTHONPATH."""
    return start(uvicorn(app, python=python), {"PYTHONPATH": str(root), **environ}).ready()


def reports(server: Server, project: Project, lines: int = 0) -> dict[str, Any]:
    """Return the event of an error, and see that the server has said no more than some lines of ours."""
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    assert server.output.count("sentry-asgi-autoconf:") == lines, server.output
    return event


def is_served_without(server: Server, slug: str) -> None:
    """See that an app is served without Sentry, which one line says."""
    assert server.get("/ok").text == "ok"
    server.stop()
    assert re.findall(r"sentry-asgi-autoconf: .*\[([a-z-]+)\]", server.output) == [slug], server.output


@pytest.mark.parametrize("app", ["raw3:app", "fastapi_app:app"])
@pytest.mark.parametrize("python", TWO.values(), ids=TWO.keys())
def test_it_serves_an_app_whose_environment_has_nothing_of_it(
    python: str, app: str, start: Start, project: Project
) -> None:
    event = reports(served(start, venv(python, "uvicorn", "fastapi"), bundle(), app), project)
    assert event["exception"]["values"][-1]["type"] == "ZeroDivisionError"
    assert project.wait("transaction")


def test_a_served_process_has_three_modules_more_than_without_it(
    start: Start, project: Project, tmp_path: Path
) -> None:
    assert more_than_bare(start, venv(sys.executable, "uvicorn"), tmp_path) == dict.fromkeys(TOLD, THREE)
    project.wait("transaction")


def test_a_process_that_serves_nothing_finds_nothing_of_it() -> None:
    python = venv(sys.executable, "uvicorn", "fastapi")
    code = (
        "import fastapi, importlib.util, sys, uvicorn\n"
        "print([name for name in ('sentry_sdk', 'urllib3', 'certifi') if importlib.util.find_spec(name)])\n"
        "print(sys.path[1:])"
    )
    environ = {"SENTRY_DSN": "http://key@127.0.0.1:9/1"}
    with_it = run(code, environment({**environ, "PYTHONPATH": str(bundle())}), python=python)
    empty = run(code, environment({**environ, "PYTHONPATH": str(APPS / "nothing")}), python=python)
    assert with_it.stdout.replace(str(bundle()), str(APPS / "nothing")) == empty.stdout
    assert with_it.stdout.startswith("[]\n") and with_it.stderr == ""


def test_the_command_line_runs_out_of_it(start: Start, project: Project) -> None:
    python = venv(sys.executable, "uvicorn", "fastapi")
    command = [sys.executable, str(bundle()), "run", "--", *uvicorn("raw3:app", python=python)]
    server = start(command, {"PYTHONPATH": None}, bootstrap=False).ready()
    reports(server, project)
    environ = environment({"PYTHONPATH": str(bundle()), "SENTRY_DSN": project.dsn}, bootstrap=False)
    checked = subprocess.run(
        [python, str(bundle()), "check"], env=environ, capture_output=True, text=True, check=False, cwd=APPS
    )
    assert (checked.returncode, checked.stderr) == (0, ""), checked.stdout
    assert f"{bundle()} is first on PYTHONPATH" in checked.stdout
    assert f"{bundle()} is the bundle of release {__version__}, whole" in checked.stdout
    path = subprocess.run([python, str(bundle()), "path"], capture_output=True, text=True, check=True)
    assert path.stdout == f"{bundle()}\n"


OLD_PYTHONS = [PYENV / release / "bin/python" for release in ("2.7.18", "3.6.15")]


@pytest.mark.parametrize(
    "python", [each for each in OLD_PYTHONS if each.exists()], ids=lambda path: path.parts[-3]
)
def test_a_python_that_is_too_old_runs_as_ever(python: Path) -> None:
    environ = environment({"PYTHONPATH": str(bundle())}, bootstrap=False)
    result = run("print('fine')", environ, python=str(python))
    assert (result.stdout, result.stderr) == ("fine\n", "")
    command = [str(python), str(bundle()), "run", "--", "echo", "served"]
    result = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert result.stdout == "served\n"
    assert result.stderr.startswith("sentry-asgi-autoconf: Python ") and result.stderr.count("\n") == 1


def test_it_is_small_and_says_what_it_consists_of() -> None:
    files = [path for path in bundle().rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert sum(path.stat().st_size for path in files) < 8e6
    told = json.loads((bundle() / "manifest.json").read_text())
    hashes = {path.relative_to(bundle()).as_posix(): hashlib.sha256(path.read_bytes()) for path in files}
    assert told["files"] == {
        name: each.hexdigest() for name, each in hashes.items() if name != "manifest.json"
    }
    assert (told["version"], told["pythons"][0]) == (__version__, "3.7")
    assert {"sentry-sdk", "urllib3", "certifi", "tomli"} <= {each["name"] for each in told["distributions"]}
    assert all(each["licence"] != "unknown" and each["folders"] for each in told["distributions"])
    bill = json.loads((bundle() / "sbom.cdx.json").read_text())
    assert (bill["bomFormat"], bill["metadata"]["component"]["name"]) == ("CycloneDX", "sentry-asgi-autoconf")
    assert len(bill["components"]) == len(told["distributions"]) - 1
    validator = JsonStrictValidator(SchemaVersion.V1_5)
    assert validator.validate_str((bundle() / "sbom.cdx.json").read_text()) is None
    assert not any(str(ROOT).encode() in path.read_bytes() for path in files)
    folders = {path.name for path in bundle().iterdir() if path.is_dir()}
    assert folders - {"__pycache__"} == {"any", "py37", "py38", "py39", "py310", "py311"}


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    options = ("--wheelhouse", str(wheelhouse()), "--python", "3.11", "--compile", sys.executable)
    said = write(tmp_path / "one", *options, SOURCE_DATE_EPOCH="1700000000").stdout
    write(tmp_path / "another", *options, SOURCE_DATE_EPOCH="1700000000")
    one, another = (
        {path: told(tmp_path / name, path) for path in within(tmp_path / name)} for name in ("one", "another")
    )
    assert one == another and {time for time, _ in one.values()} == {1700000000}
    assert f"{tmp_path / 'one'}: " in said and "MB of byte code" in said and "Python 3.11" in said
    # Byte code that no change of a file's time makes stale.
    code = [content for name, (_, content) in one.items() if name.endswith(".pyc")]
    assert len(code) > 300 and all(content[4:8] == b"\1\0\0\0" for content in code)
    assert not any(str(tmp_path).encode() in content for content in code)
    assert code and set(json.loads(one["manifest.json"][1])["files"]) == {*one} - {"manifest.json"}
    # A bundle may be replaced, and is then that of the new options alone.
    write(tmp_path / "one", *options[:-2])
    assert not list((tmp_path / "one").rglob("*.pyc"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["another", "one"]


def test_each_python_has_what_it_needs_and_no_more() -> None:
    sdk, old, new, tomli = (
        Distribution(name, "1", "MIT", [], {name: b""}) for name in ("sdk", "old", "new", "tomli")
    )
    needed = {
        8: [sdk, old, tomli],
        9: [sdk, old, tomli],
        10: [sdk, new, tomli],
        11: [sdk, new],
        12: [sdk, new],
    }
    found = {
        minor: {each.name.replace("old", "new"): each for each in several}
        for minor, several in needed.items()
    }
    assert arrange(found) == {"any": [sdk], "py38": [old, tomli], "py310": [new, tomli], "py311": [new]}
    assert arrange({9: found[9], 8: found[8]}) == {"any": [old, sdk, tomli]}
    assert arrange({10: found[10], 11: found[11]}) == {"any": [new, sdk], "py310": [tomli], "py311": []}


def within(root: Path) -> list[str]:
    """Return the files below a directory."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def told(root: Path, path: str) -> tuple[float, bytes]:
    """Return a file's time and content."""
    return (root / path).stat().st_mtime, (root / path).read_bytes()


def impure(wheels: Path) -> tuple[str, ...]:
    (path,) = wheels.glob("certifi-*.whl")
    with zipfile.ZipFile(path, "a") as wheel:
        wheel.writestr("certifi/fast.so", b"")
    return ("--wheelhouse", str(wheels))


def incomplete(wheels: Path) -> tuple[str, ...]:
    next(wheels.glob("urllib3-*.whl")).unlink()
    return ("--wheelhouse", str(wheels))


def occupied(wheels: Path) -> tuple[str, ...]:
    (wheels.parent / "bundle").mkdir()
    (wheels.parent / "bundle" / "theirs").touch()
    return ("--wheelhouse", str(wheels))


def no_release(wheels: Path) -> tuple[str, ...]:
    return ("--wheelhouse", str(wheels), "--sdk", "2.0.1")


def no_python(wheels: Path) -> tuple[str, ...]:
    return ("--wheelhouse", str(wheels), "--compile", "/no/python")


REFUSED = {
    impure: ("impure-wheel", "certifi/fast.so"),
    incomplete: ("no-pure-wheel", "urllib3"),
    no_release: ("no-pure-wheel", "sentry-sdk==2.0.1"),
    occupied: ("bundle-directory", "neither empty nor a bundle"),
    no_python: ("bundle-not-compiled", "/no/python"),
}


@pytest.mark.parametrize("brought_about", REFUSED, ids=lambda each: each.__name__)
def test_what_cannot_be_bundled_is_refused_and_leaves_nothing(brought_about: Any, tmp_path: Path) -> None:
    wheels = Path(shutil.copytree(wheelhouse(), tmp_path / "wheels"))
    options = (*brought_about(wheels), "--python", "3.11")
    before = sorted(tmp_path.rglob("*"))
    result = write(tmp_path / "bundle", *options, check=False)
    slug, named = REFUSED[brought_about]
    assert result.returncode == 1 and named in result.stderr and result.stderr.endswith(f"[{slug}]\n")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("value", ["2.7", "3.6", "newest", ""])
def test_a_python_that_cannot_be_served_is_wrong_usage(value: str, tmp_path: Path) -> None:
    result = write(tmp_path / "bundle", "--python", value, check=False)
    assert result.returncode == 2 and "is not a Python version" in result.stderr


HALVES = {
    "no package": ("any/sentry_asgi_autoconf", "unexpected-error"),
    "nothing for all": ("any", "unexpected-error"),
    "no SDK": ("any/sentry_sdk", "missing-dependency"),
    "a file of the SDK": ("any/sentry_sdk/hub.py", "missing-dependency"),
    "no folder of a Python": ("py3*", "missing-dependency"),
    "no manifest": ("manifest.json", "missing-dependency"),
    "no metadata": ("any/sentry_asgi_autoconf-*.dist-info", "adapter-failed"),
}


@pytest.mark.parametrize(("path", "slug"), HALVES.values(), ids=HALVES.keys())
def test_half_a_bundle_costs_one_line(path: str, slug: str, start: Start, tmp_path: Path) -> None:
    root = copied_bundle(tmp_path)
    for missing in root.glob(path):
        shutil.rmtree(missing) if missing.is_dir() else missing.unlink()
    is_served_without(served(start, venv(sys.executable, "uvicorn", "fastapi"), root), slug)


def test_check_names_what_is_missing_of_a_bundle(tmp_path: Path) -> None:
    root = copied_bundle(tmp_path)
    (root / "any/sentry_sdk/hub.py").unlink()
    (root / "any/sentry_sdk/scope.py").write_text("")
    command = [sys.executable, str(root), "check"]
    environ = environment({"PYTHONPATH": str(root)}, bootstrap=False)
    result = subprocess.run(command, env=environ, capture_output=True, text=True, check=False, cwd=APPS)
    assert "first any/sentry_sdk/hub.py" in result.stdout and "[bundle-damaged]" in result.stdout
    assert "error    2 of " in result.stdout and result.returncode == 1


def test_an_installed_package_of_another_release_wins_and_one_line_says_so(
    start: Start, project: Project, tmp_path: Path
) -> None:
    root = copied_bundle(tmp_path)
    metadata = root / f"any/{OWN}-{__version__}.dist-info"
    metadata.rename(metadata.with_name(f"{OWN}-9.9.dist-info"))
    server = start(uvicorn("raw3:app"), {"PYTHONPATH": f"{root}:{ROOT}"}).ready()
    reports(server, project, lines=1)
    assert "[other-release]" in server.output and "9.9" in server.output


def test_beside_an_installed_package_of_its_release_it_says_nothing(start: Start, project: Project) -> None:
    bootstrap = ROOT / OWN / "bootstrap"
    server = start(uvicorn("raw3:app"), {"PYTHONPATH": f"{bundle()}:{bootstrap}:{ROOT}"}).ready()
    reports(server, project)
    assert len(project.items("event")) == 1


def test_one_that_cannot_be_written_and_has_another_python_s_byte_code_serves(
    start: Start, project: Project, tmp_path: Path
) -> None:
    root = copied_bundle(tmp_path)
    shutil.copytree(root / "any", tmp_path / "any")
    for source in root.rglob("*.py"):
        cached = source.parent / "__pycache__" / f"{source.stem}.cpython-399.pyc"
        cached.parent.mkdir(exist_ok=True)
        cached.write_bytes(b"not for this Python")
    for directory in [root, *(path for path in root.rglob("*") if path.is_dir())]:
        directory.chmod(0o555)
    reports(served(start, venv(sys.executable, "uvicorn", "fastapi"), root), project)
