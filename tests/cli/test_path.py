"""`path` and the entry points of the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sentry_asgi_autoconf import __version__
from tests.cli.command_line import around, cli
from tests.harness.server import BOOTSTRAP


def test_path_prints_the_bootstrap_directory_and_nothing_else() -> None:
    result = cli("path")
    assert (result.returncode, result.stdout, result.stderr) == (0, f"{BOOTSTRAP}\n", "")
    assert (Path(result.stdout.rstrip("\n")) / "sitecustomize.py").is_file()


@pytest.mark.parametrize("before, after", [("", ""), ("/a:/b", ":/a:/b")])
def test_the_documented_export_puts_it_first(before: str, after: str, tmp_path: Path) -> None:
    command = Path(tmp_path, "sentry-asgi-autoconf")
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m sentry_asgi_autoconf "$@"\n')
    command.chmod(0o755)
    script = f'export PYTHONPATH="$("{command}" path)${{PYTHONPATH:+:$PYTHONPATH}}"\nprintf %s "$PYTHONPATH"'
    result = subprocess.run(
        ["sh", "-c", script], env=around({"PYTHONPATH": before}), capture_output=True, text=True, check=True
    )
    assert result.stdout == f"{BOOTSTRAP}{after}"


def test_the_version_is_the_package_s() -> None:
    assert cli("--version").stdout == f"sentry-asgi-autoconf {__version__}\n"


@pytest.mark.parametrize(
    "words", [[], ["nonsense"], ["path", "nonsense"], ["run"], ["run", "--"], ["run", "--inb"]]
)
def test_wrong_usage_ends_with_status_2_and_says_what_is_right(words: list[str]) -> None:
    result = cli(*words)
    assert (result.returncode, result.stdout) == (2, "")
    assert "usage: sentry-asgi-autoconf" in result.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["run", "--help"],
        *([name, "-h"] for name in ("path", "check", "inbox", "demo", "bundle", "install")),
    ],
)
def test_each_command_explains_itself(words: list[str]) -> None:
    result = cli(*words)
    assert result.returncode == 0
    assert result.stdout.startswith("usage: sentry-asgi-autoconf")


def test_commands_that_need_no_sdk_import_none() -> None:
    code = (
        "import sys; from sentry_asgi_autoconf.cli import main; main(['path'])\n"
        "print({'sentry_sdk', 'pydantic', 'starlette', 'rich', 'uvicorn'} & set(sys.modules))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env=around({}), capture_output=True, text=True, check=True
    )
    assert result.stdout.splitlines()[1:] == ["set()"]
