"""`config --env-file` checks the variables of a file, without the process's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.explained import DSN, SHOWN_DSN, config, explain, settings


def test_the_file_is_read_as_servers_read_it_with_the_line_of_each_variable(tmp_path: Path) -> None:
    (tmp_path / "prod.env").write_bytes(
        b"\xef\xbb\xbf# of production\r\n"
        b"\n"
        b'export SENTRY_DSN="' + DSN.encode() + b'"\r\n'
        b"\n"
        b"SENTRY_RELEASE='shop@1 # 2'   # a comment\n"
        b"SENTRY_ENVIRONMENT = ${HOME}\n"
        b"SENTRY_DIST=one\n"
        b"  SENTRY_DIST=two\n"
        b"SENTRY_SERVER_NAME=\n"
        b"PATH\n"
        b"OTHER=SENTRY_DEBUG"
    )
    environ = {"SENTRY_DEBUG": "true", "SENTRY_DIST": "of the process"}
    found = settings("--env-file", "prod.env", cwd=tmp_path, environ=environ)
    assert {name: (setting["value"], setting["source"]) for name, setting in found.items()} == {
        "SENTRY_DSN": (SHOWN_DSN, "SENTRY_DSN (prod.env:3)"),
        "SENTRY_RELEASE": ("shop@1 # 2", "SENTRY_RELEASE (prod.env:5)"),
        "SENTRY_ENVIRONMENT": ("${HOME}", "SENTRY_ENVIRONMENT (prod.env:6)"),
        "SENTRY_DIST": ("two", "SENTRY_DIST (prod.env:8)"),
    }
    assert {setting["layer"] for setting in found.values()} == {"environment"}


def test_a_line_that_sets_nothing_is_told_of_by_its_number_and_the_rest_is_checked(tmp_path: Path) -> None:
    (tmp_path / "prod.env").write_text(
        "\nSENTRY_RELEASE: shop\nSENTRY_DIST\nSENTRY_DEBUG=perhaps\nSENTRY_ENVIRONMENT='open\n"
    )
    problems = explain("--env-file", "prod.env", cwd=tmp_path)["problems"]
    assert [problem["slug"] for problem in problems] == [*["invalid-env-file"] * 3, "invalid-setting"]
    assert [f"prod.env:{line}" in problem["message"] for line, problem in zip((2, 3, 5), problems)] == [
        True
    ] * 3


@pytest.mark.parametrize("content", [None, b"SENTRY_RELEASE=\xff", b"SENTRY_RELEASE=a\0b"])
def test_a_file_that_cannot_be_read_is_refused(content: bytes | None, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "prod.env").write_bytes(content)
    result = config("--env-file", "prod.env", cwd=tmp_path, environ={"SENTRY_RELEASE": "of the process"})
    assert (result.returncode, result.stderr) == (1, "")
    assert "prod.env cannot be read" in result.stdout
    assert "[invalid-env-file]" in result.stdout
    assert "SENTRY_RELEASE" not in result.stdout


def test_an_empty_file_is_valid_and_a_directory_is_none(tmp_path: Path) -> None:
    (tmp_path / "prod.env").touch()
    assert config("--env-file", "prod.env", cwd=tmp_path).returncode == 0
    assert config("--env-file", ".", cwd=tmp_path).returncode == 1


def test_import_strings_are_followed_on_demand_with_the_file_s_variables(tmp_path: Path) -> None:
    (tmp_path / "hooks.py").write_text("import os\nos.environ['DATABASE']\ndef f(event, hint): ...\n")
    (tmp_path / "prod.env").write_text("SENTRY_BEFORE_SEND=hooks:f\nDATABASE=shop\n")
    (tmp_path / "bare.env").write_text("SENTRY_BEFORE_SEND=hooks:f\n")
    assert explain("--env-file", "bare.env", cwd=tmp_path)["imports"] is False
    assert config("--env-file", "bare.env", "--imports", cwd=tmp_path).returncode == 1
    assert config("--env-file", "prod.env", "--imports", cwd=tmp_path).returncode == 0
