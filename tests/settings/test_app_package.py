"""The package of an app says which release it is, and which frames are its own, where nobody says it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Callable

import pytest

from tests.cli.explained import settings
from tests.harness.envelopes import Project
from tests.harness.installed_app import commit, install, write_project
from tests.harness.server import APPS, BOOTSTRAP, Server, uvicorn

Start = Callable[..., Server]
APP = (APPS / "raw3.py").read_text()
PACKAGE = {"shop/__init__.py": "", "shop/main.py": APP}


def path(*directories: Path) -> dict[str, str]:
    """Return the variables with which a server finds modules there."""
    return {"PYTHONPATH": os.pathsep.join(map(str, (BOOTSTRAP, *directories)))}


@pytest.fixture
def project_of_app(tmp_path: Path) -> Path:
    """Return the project of an app, installed nowhere."""
    return write_project(tmp_path / "acme", PACKAGE)


@pytest.fixture
def event(start: Start, project: Project, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return what serves an app in an empty directory and returns its error."""

    def provoke(app: str, environ: dict[str, str], cwd: Path = tmp_path) -> dict[str, Any]:
        server = start(uvicorn(app), environ, cwd=cwd).ready()
        server.provoke()
        (found,) = project.wait("event")
        assert "sentry-asgi-autoconf" not in server.output
        return found

    return provoke


def own_frames(event: dict[str, Any]) -> set[str]:
    """Name the modules of the frames that are the app's own."""
    frames = event["exception"]["values"][-1]["stacktrace"]["frames"]
    return {frame["module"] for frame in frames if frame["in_app"]}


def test_an_installed_app_has_its_release_and_its_frames(
    event: Callable[..., dict[str, Any]], project_of_app: Path, tmp_path: Path
) -> None:
    packages = install(str(project_of_app), into=tmp_path / "prefix")
    found = event("shop.main:app", path(packages))
    assert (found["release"], own_frames(found)) == ("acme-shop@1.4.2", {"shop.main"})


def test_one_of_a_commit_names_it(
    event: Callable[..., dict[str, Any]], project_of_app: Path, tmp_path: Path
) -> None:
    revision = commit(project_of_app)
    packages = install(f"git+file://{project_of_app}", into=tmp_path / "prefix")
    assert event("shop.main:app", path(packages))["release"] == f"acme-shop@1.4.2+{revision}"


@pytest.mark.parametrize("is_in_git", [False, True])
def test_of_one_that_is_edited_the_checkout_says_more(
    is_in_git: bool, event: Callable[..., dict[str, Any]], project_of_app: Path, tmp_path: Path
) -> None:
    packages = install("--editable", str(project_of_app), into=tmp_path / "prefix")
    revision = commit(project_of_app) if is_in_git else "acme-shop@1.4.2"
    found = event("shop.main:app", path(packages, project_of_app / "src"), cwd=project_of_app)
    assert (found["release"], own_frames(found)) == (revision, {"shop.main"})


def test_a_package_in_a_namespace_is_not_all_of_it(
    event: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    files = {f"acme/{name}": text for name, text in PACKAGE.items()}
    packages = install(str(write_project(tmp_path / "acme", files)), into=tmp_path / "prefix")
    other = packages / "acme" / "other.py"
    other.write_text(APP)
    main = packages / "acme" / "shop" / "main.py"
    main.write_text("from acme.other import app\n")
    found = event("acme.shop.main:app", path(packages))
    assert (found["release"], own_frames(found)) == ("acme-shop@1.4.2", set())


def test_an_app_that_no_distribution_installed_has_no_release(
    event: Callable[..., dict[str, Any]], project_of_app: Path, tmp_path: Path
) -> None:
    packages = install(str(project_of_app), into=tmp_path / "prefix")
    (packages / "store.py").write_text(APP)
    found = event("store:app", path(packages))
    assert "release" not in found
    assert own_frames(found) == {"store"}


def test_code_beside_an_app_elsewhere_is_its_own(
    event: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    elsewhere, cwd = tmp_path / "srv", tmp_path / "work"
    elsewhere.mkdir()
    cwd.mkdir()
    (elsewhere / "store.py").write_text(APP)
    (elsewhere / "main.py").write_text("from store import app\n")
    assert own_frames(event("main:app", path(elsewhere), cwd=cwd)) == {"store"}


def test_what_people_say_is_added_to(project_of_app: Path, tmp_path: Path) -> None:
    packages = install(str(project_of_app), into=tmp_path / "prefix")
    environ = {"PYTHONPATH": os.pathsep.join([str(APPS.parents[1]), str(packages)])}

    def told(**said: str) -> dict[str, Any]:
        found = settings("--app", "shop.main:app", cwd=tmp_path, environ={**environ, **said})
        wanted = ("SENTRY_RELEASE", "SENTRY_IN_APP_INCLUDE")
        return {name: (found[name]["value"], found[name]["source"]) for name in wanted if name in found}

    release = ("acme-shop@1.4.2", "release (the metadata of acme-shop)")
    own = (["shop"], "in_app_include (the package shop)")
    assert told() == {"SENTRY_RELEASE": release, "SENTRY_IN_APP_INCLUDE": own}
    assert told(SENTRY_IN_APP_INCLUDE="lib", SENTRY_RELEASE="mine") == {
        "SENTRY_RELEASE": ("mine", "SENTRY_RELEASE (environment)"),
        "SENTRY_IN_APP_INCLUDE": (["lib", "shop"], "SENTRY_IN_APP_INCLUDE (environment)"),
    }
    assert told(SENTRY_IN_APP_EXCLUDE="shop.vendored") == {"SENTRY_RELEASE": release}
    assert told(SENTRY_ASGI_PLATFORM="release") == {"SENTRY_RELEASE": release}
    assert told(SENTRY_ASGI_PLATFORM="none") == {}
    assert told(GITHUB_SHA="abc")["SENTRY_RELEASE"] == ("abc", "release (GITHUB_SHA)")


def test_what_the_app_s_own_init_excludes_stays_so(
    event: Callable[..., dict[str, Any]], tmp_path: Path
) -> None:
    init = "import sentry_sdk\nsentry_sdk.init(in_app_exclude=['shop.vendored'])\n"
    files = {"shop/__init__.py": "", "shop/vendored.py": APP}
    files["shop/main.py"] = f"{init}from shop.vendored import app\n"
    packages = install(str(write_project(tmp_path / "acme", files)), into=tmp_path / "prefix")
    assert own_frames(event("shop.main:app", path(packages))) == set()


def test_a_pyproject_beside_a_package_without_init_is_found(tmp_path: Path) -> None:
    (tmp_path / "srv" / "shop").mkdir(parents=True)
    (tmp_path / "srv" / "shop" / "main.py").write_text(APP)
    (tmp_path / "srv" / "pyproject.toml").write_text("[tool.sentry-asgi-autoconf]\ndist = '1'\n")
    environ = {"PYTHONPATH": os.pathsep.join([str(APPS.parents[1]), str(tmp_path / "srv")])}
    found = settings("--app", "shop.main:app", cwd=tmp_path, environ=environ)
    assert found["SENTRY_DIST"]["value"] == "1"
