"""`config` can be read in any terminal, by any program, and without the packages that draw its table."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.cli.command_line import CLI, around, in_a_terminal
from tests.cli.explained import config
from tests.harness.server import DEADLINE, ROOT

LONG = "x" * 100
ENVIRON = {"SENTRY_RELEASE": "größe", "SENTRY_DIST": LONG, "SENTRY_TRACES_SAMPLE_RATE": "0.5"}


def test_piped_output_has_a_line_for_each_setting_and_no_colours(tmp_path: Path) -> None:
    lines = config(cwd=tmp_path, environ={**ENVIRON, "NO_COLOR": None}).stdout.splitlines()
    assert len(lines) == 5
    assert all("\x1b" not in line for line in lines)
    (dist,) = [line for line in lines if line.startswith("SENTRY_DIST")]
    # Shortened in the table, whole for programs.
    assert "xxx…" in dist
    assert LONG in config("--json", cwd=tmp_path, environ=ENVIRON).stdout


@pytest.mark.parametrize("columns", [40, 200])
def test_a_terminal_of_any_width_shows_everything(columns: int, tmp_path: Path) -> None:
    shown = in_a_terminal("config", columns=columns, environ=ENVIRON, cwd=tmp_path)
    assert "\x1b[" in shown
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert all(len(line) <= columns for line in plain.splitlines())
    joined = re.sub(r"\s+", "", plain)
    assert "größe" in joined
    assert joined.count("environment") == 3


def test_no_color_is_heeded(tmp_path: Path) -> None:
    assert "\x1b[3" not in in_a_terminal(
        "config", columns=100, environ={**ENVIRON, "NO_COLOR": "1"}, cwd=tmp_path
    )


@pytest.mark.parametrize("encoding", ["ascii", "utf-8"])
@pytest.mark.parametrize("words", [[], ["--json"]])
def test_any_encoding_of_standard_output_will_do(words: list[str], encoding: str, tmp_path: Path) -> None:
    result = subprocess.run(
        [*CLI, "config", *words],
        env=around({**ENVIRON, "PYTHONIOENCODING": encoding, "SENTRY_SERVER_NAME": "…\udcff"}),
        cwd=tmp_path,
        capture_output=True,
        timeout=DEADLINE,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, b"")
    shown = result.stdout.decode(encoding)
    if words:
        found = {setting["name"]: setting["value"] for setting in json.loads(shown)["settings"]}
        assert (found["SENTRY_RELEASE"], found["SENTRY_SERVER_NAME"]) == ("größe", "…\udcff")
    else:
        assert ("größe" if encoding != "ascii" else "gr\\xf6\\xdfe") in shown


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path) -> None:
    environ = {"SENTRY_RELEASE": "a\x1b[31mb\nc", "SENTRY_OPTIONS_JSON": '{"new\\u001b[31m\\nname": 1}'}
    result = config(cwd=tmp_path, environ=environ)
    assert "\x1b" not in result.stdout
    assert "\\x1b[31mb\\nc" in result.stdout


@pytest.mark.parametrize("words", ["", "--schema"])
def test_a_reader_may_leave_early_and_standard_output_may_be_closed(words: str, tmp_path: Path) -> None:
    command = f"{' '.join(CLI)} config {words}"
    script = f"set -o pipefail; {command} | true && {command} >&-"
    result = subprocess.run(
        ["bash", "-c", script], env=around(ENVIRON), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")


def test_without_rich_there_is_a_plain_table(tmp_path: Path) -> None:
    without_rich = (
        "import sys; sys.modules['rich'] = None; from sentry_asgi_autoconf.cli import main; sys.exit(main())"
    )
    environ = {**ENVIRON, "SENTRY_ASGI_POLICY": str(tmp_path / "policy.toml"), "SENTRY_SAMPLE_RATE": "2"}
    (tmp_path / "policy.toml").write_text("[limits]\ntraces_sample_rate = { max = 0.1 }\n")

    def shown(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [CLI[0], "-c", without_rich, "config", *words],
            env=around(environ),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    heading, *lines = shown().stdout.splitlines()
    assert re.fullmatch("Setting +Value +Source +Overrides and policies", heading)
    (rate,) = [line for line in lines if line.startswith("SENTRY_TRACES_SAMPLE_RATE")]
    assert re.search(r" 0\.1 +environment +limited to 0\.1 or less, wanted 0\.5 ", rate)
    assert any(line.startswith("Problem: SENTRY_SAMPLE_RATE='2' is not") for line in lines)
    assert json.loads(shown("--json").stdout)["valid"] is False
    assert json.loads(shown("--schema").stdout)


def test_the_documentation_s_example_is_what_it_shows(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    for text, name in re.findall(r"```\w+\n(# (\S+)\n.*?)```", page, re.S):
        (tmp_path / name).write_text(text)
    ((command, shown),) = re.findall(r"```console\n\$ sentry-asgi-autoconf (.*?)\n(.*?)```", page, re.S)
    result = config(*command.split()[1:], cwd=tmp_path, environ={"COLUMNS": "100"})
    assert (result.returncode, result.stdout) == (1, shown)
