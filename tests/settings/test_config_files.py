"""The app's own config file is a layer between a policy's defaults and the environment."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Callable

import pytest

from sentry_asgi_autoconf.activation.layers import load
from sentry_asgi_autoconf.console import printable
from tests.harness.envelopes import Project
from tests.harness.policies import Policy
from tests.harness.server import APPS, Server, uvicorn

Start = Callable[..., Server]

TABLE = '[tool.sentry-asgi-autoconf]\nrelease = "of-the-file"\ndist = "of-the-file"\nserver_name = "of-the-file"\n'


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a project directory with an app in src/shop/main.py and an empty pyproject.toml."""
    package = tmp_path / "src" / "shop"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    shutil.copy(APPS / "raw3.py", package / "main.py")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    return tmp_path


def test_each_layer_sets_what_those_above_it_leave_open(
    start: Start, project: Project, policy: Policy, shop: Path
) -> None:
    (shop / "pyproject.toml").write_text(TABLE)
    every = ("environment", "release", "dist", "server_name")
    environ = {
        **policy(defaults=dict.fromkeys(every, "of-the-policy")),
        "SENTRY_DIST": "of-the-environment",
        "SENTRY_SERVER_NAME": "of-the-environment",
    }
    code = "import sentry_sdk\nsentry_sdk.init(server_name='of-the-app')\n"
    main = shop / "src" / "shop" / "main.py"
    main.write_text(code + main.read_text())
    server = start(uvicorn("--app-dir", str(shop / "src"), "shop.main:app"), environ)
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    layers = ["of-the-policy", "of-the-file", "of-the-environment", "of-the-app"]
    assert [event[name] for name in every] == layers


@pytest.mark.parametrize("place", ["src", ".", "elsewhere"])
def test_the_pyproject_is_found_next_to_the_app_above_its_src_and_where_the_server_runs(
    place: str, start: Start, project: Project, shop: Path
) -> None:
    (shop / "elsewhere").mkdir()
    (shop / place / "pyproject.toml").write_text(TABLE + f'dsn = "{project.dsn}"\n')
    command = uvicorn("--app-dir", str(shop / "src"), "shop.main:app")
    server = start(command, {"SENTRY_DSN": None}, cwd=shop / "elsewhere")
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    assert event["release"] == "of-the-file"


def test_a_variable_names_another_file(start: Start, project: Project, shop: Path, tmp_path: Path) -> None:
    (shop / "pyproject.toml").write_text(TABLE)
    named = tmp_path / "sentry.toml"
    named.write_text(f'dsn = "{project.dsn}"\nenvironment = "named"\nasgi_excluded_paths = ["/ok"]\n')
    command = uvicorn("--app-dir", str(shop / "src"), "shop.main:app")
    server = start(command, {"SENTRY_DSN": None, "SENTRY_ASGI_CONFIG": str(named)})
    server.get("/ok")
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    assert (event["environment"], event.get("release") == "of-the-file") == ("named", False)
    (transaction,) = project.wait("transaction")
    assert transaction["request"]["url"].endswith("/boom")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[tool.sentry-asgi-autoconf]\nrelease = ", "pyproject.toml cannot be read: it is not valid TOML"),
        (
            '[tool.sentry-asgi-autoconf]\nrelaese = "1"',
            "relaese (*/pyproject.toml:2) is not a setting. Did you mean release?",
        ),
        (
            "[tool.sentry-asgi-autoconf]\nsample_rate = 7",
            "sample_rate=7 (*/pyproject.toml:2) is not a number from 0 to 1",
        ),
        (
            '[tool.sentry-asgi-autoconf]\nasgi_policy = "x"',
            "(*/pyproject.toml:2) is read from the environment only",
        ),
        ("[tool]\nsentry-asgi-autoconf = 1", "[tool.sentry-asgi-autoconf] is not a table"),
    ],
    ids=["malformed", "unknown key", "wrong value", "environment only", "not a table"],
)
def test_what_is_wrong_with_it_costs_a_line_and_the_rest_applies(
    content: str, words: str, start: Start, project: Project, shop: Path
) -> None:
    (shop / "pyproject.toml").write_text(f"{content}\n")
    command = uvicorn("--app-dir", str(shop / "src"), "shop.main:app")
    server = start(command, {"SENTRY_RELEASE": "kept"})
    server.provoke()
    (event,) = project.wait("event")
    server.stop()
    assert event["release"] == "kept"
    (line,) = [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf: ")]
    before, _, after = words.partition("*/")
    assert before in line
    assert after in line


def test_its_path_takes_no_more_than_200_characters_of_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / ("long" * 60)
    (root / "shop").mkdir(parents=True)
    (root / "shop" / "__init__.py").touch()
    (root / "pyproject.toml").write_text("[tool.sentry-asgi-autoconf]\nrelease = ")
    monkeypatch.syspath_prepend(root)
    (problem,) = load({"SENTRY_DSN": "https://key@host/1"}, "shop:app").problems
    assert problem.what.startswith(f"{printable(str(root / 'pyproject.toml'), 200)} cannot be read")


@pytest.mark.parametrize(
    "make", [os.mkfifo, Path.mkdir, lambda path: path.symlink_to(path.name), lambda path: None]
)
def test_one_that_cannot_be_read_counts_as_empty(
    make: Callable[[Path], object], start: Start, project: Project, tmp_path: Path
) -> None:
    make(tmp_path / "sentry.toml")
    server = start(uvicorn("raw3:app"), {"SENTRY_ASGI_CONFIG": str(tmp_path / "sentry.toml")})
    server.provoke()
    project.wait("event")
    server.stop()
    (line,) = [line for line in server.output.splitlines() if line.startswith("sentry-asgi-autoconf: ")]
    assert line.startswith("sentry-asgi-autoconf: SENTRY_ASGI_CONFIG='")
    assert line.endswith("[unreadable-config]")
