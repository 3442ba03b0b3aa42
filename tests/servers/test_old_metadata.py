"""Old Pythons whose apps pin importlib-metadata, or have a broken one: they report, and theirs is left alone."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable

import pytest

from tests.harness.envelopes import Project
from tests.harness.server import Server, environment, run, uvicorn
from tests.harness.venvs import installed_beside, interpreters, venv

Start = Callable[..., Server]
INTERPRETERS = interpreters()
NEWEST = "importlib-metadata"
OLD = "importlib-metadata==1.0"
CASES = [
    ("3.7", OLD),
    ("3.7", "importlib-metadata==3.10.1"),
    ("3.7", NEWEST),
    ("3.8", OLD),
    ("3.8", "importlib-metadata==3.10.1"),
    ("3.8", NEWEST),
    ("3.8", None),
    ("3.9", OLD),
    ("3.9", "importlib-metadata==3.10.1"),
    ("3.9", NEWEST),
    ("3.9", None),
]
# Of the standard library alone.
READERS = [minor for minor in ("3.8", "3.9") if minor in INTERPRETERS]


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the bootstrap directory of an installed wheel that no environment has on its path."""
    return installed_beside(tmp_path_factory.mktemp("beside"))


def reports(python: str, path: str, start: Start, project: Project) -> None:
    """Serve the plain ASGI app with this Python and see one event arrive, and no line of ours."""
    server = start(uvicorn("raw3:app", python=python), {"PYTHONPATH": str(path)}).ready()
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    assert event["contexts"]["asgi_server"]["name"] == "uvicorn"
    assert "sentry-asgi-autoconf:" not in server.output


@pytest.mark.parametrize(
    ("minor", "pinned"), [case for case in CASES if case[0] in INTERPRETERS], ids=lambda value: str(value)
)
def test_an_app_that_pins_it_reports(
    minor: str, pinned: str | None, bootstrap: Path, start: Start, project: Project
) -> None:
    reports(venv(INTERPRETERS[minor], *served_with(pinned)), str(bootstrap), start, project)


def served_with(pinned: str | None) -> list[str]:
    """Name what an app is served with."""
    return ["sentry-sdk", "uvicorn", *([pinned] if pinned else [])]


@pytest.mark.parametrize("minor", READERS)
def test_one_that_cannot_be_imported_is_left_alone(
    minor: str, bootstrap: Path, start: Start, project: Project, tmp_path: Path
) -> None:
    python = venv(INTERPRETERS[minor], *served_with(None))
    information = tmp_path / "importlib_metadata-8.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: importlib-metadata\nVersion: 8.0\n")
    (tmp_path / "importlib_metadata.py").write_text("import zipp_that_is_missing\n")
    reports(python, f"{bootstrap}{os.pathsep}{tmp_path}", start, project)


@pytest.mark.parametrize("minor", READERS)
def test_one_that_is_too_old_is_not_imported(minor: str, bootstrap: Path) -> None:
    python = venv(INTERPRETERS[minor], *served_with(OLD))
    code = "import sys; from sentry_asgi_autoconf import entry_points; print('importlib_metadata' in sys.modules)"
    result = run(code, environment({"PYTHONPATH": str(bootstrap.parents[1])}, bootstrap=False), python=python)
    assert (result.stdout, result.stderr) == ("False\n", "")


def declare(directory: Path, version: str, entry_points: str) -> None:
    """Write the metadata of a distribution."""
    information = directory / f"Acme_Server-{version}.dist-info"
    information.mkdir(parents=True)
    (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: Acme-Server\nVersion: {version}\n")
    (information / "entry_points.txt").write_text(entry_points)


@pytest.mark.parametrize("minor", READERS)
@pytest.mark.parametrize(
    ("first", "found"),
    [
        ("[sentry_asgi_autoconf.servers]\nacme.server = acme:new\n", ["acme:new"]),
        ("[console_scripts]\nacme = acme:main\n", []),
        ("no section at all\n", []),
    ],
    ids=["another", "none", "malformed"],
)
def test_of_two_distributions_by_one_name_the_first_on_the_path_counts(
    first: str, found: list[str], minor: str, bootstrap: Path, tmp_path: Path
) -> None:
    declare(tmp_path / "new", "2.0", first)
    declare(tmp_path / "old", "1.0", "[sentry_asgi_autoconf.servers]\nacme.server = acme:old\n")
    path = [bootstrap.parents[1], tmp_path / "new", tmp_path / "old", bootstrap.parents[1] / "."]
    code = (
        "from sentry_asgi_autoconf import entry_points as e\n"
        "points = e.in_group(e.SERVERS)\n"
        "print([p.value for p in points if p.name == 'acme.server'], len(points) - len({p.name for p in points}))"
    )
    python = venv(INTERPRETERS[minor], *served_with(None))
    environ = environment({"PYTHONPATH": os.pathsep.join(map(str, path))}, bootstrap=False)
    assert run(code, environ, python=python).stdout == f"{found} 0\n"
