"""What all commands have in common: usage, help, JSON, completion."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sentry_asgi_autoconf.cli.path import BOOTSTRAP_DIRECTORY
from tests.cli.command_line import CLI, around, cli, in_a_terminal

COMMANDS = (
    "run",
    "check",
    "config",
    "status",
    "path",
    "install",
    "uninstall",
    "bundle",
    "inbox",
    "demo",
    "completion",
)


@pytest.mark.parametrize("command", [each for each in COMMANDS if each != "run"])
def test_wrong_usage_shows_that_of_the_command(command: str) -> None:
    needed = {"status": ["."], "bundle": ["."], "completion": ["bash"]}.get(command, [])
    result = cli(command, *needed, "--nonsense")
    assert result.returncode == 2
    assert result.stderr.startswith(f"usage: sentry-asgi-autoconf {command} ")
    assert result.stderr.rstrip().endswith("unrecognized arguments: --nonsense")


@pytest.mark.parametrize(
    "words",
    [
        ("check", "--timeout", "soon"),
        ("check", "--timeout", "0"),
        ("demo", "--port", "70000"),
        ("inbox", "--port", "x"),
        ("inbox", "--max-items", "-1"),
    ],
    ids=" ".join,
)
def test_a_wrong_number_is_refused_in_words(words: tuple[str, ...]) -> None:
    result = cli(*words)
    assert result.returncode == 2
    assert re.search(f"'{words[-1]}' is not a (port|whole number|number of seconds)", result.stderr)


def test_help_names_every_command_examples_and_the_documentation() -> None:
    shown = cli("--help").stdout
    for command in COMMANDS:
        assert re.search(rf"^    {command}\b", shown, re.M)
    assert "sentry-asgi-autoconf run -- uvicorn main:app" in shown
    assert shown.rstrip().endswith("https://sentry-asgi-autoconf.readthedocs.io/en/latest")


def test_path_and_install_tell_programs_in_json(tmp_path: Path) -> None:
    assert json.loads(cli("path", "--json").stdout) == {"bootstrap": BOOTSTRAP_DIRECTORY}
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True)
    words = ("--venv", str(tmp_path / "venv"), "--json")
    (file,) = json.loads(cli("install", *words).stdout)["files"]
    assert file["is_new"] is True and Path(file["path"]).is_file()
    assert json.loads(cli("uninstall", *words).stdout)["removed"] == [file["path"]]


@pytest.mark.parametrize("shell", ["bash", "fish", "zsh"])
def test_a_shell_is_told_how_to_complete(shell: str) -> None:
    assert "sentry-asgi-autoconf" in cli("completion", shell).stdout


def test_bash_completes_commands_and_options(tmp_path: Path) -> None:
    program = tmp_path / "sentry-asgi-autoconf"
    program.write_text(f'#!/bin/sh\nexec {" ".join(CLI)} "$@"\n')
    program.chmod(0o755)
    script = (
        f"{cli('completion', 'bash').stdout}\n"
        'complete_line() { COMP_LINE="$1" COMP_POINT=${#1} COMP_TYPE=9\n'
        "COMPREPLY=(); COMP_WORDS=($1); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n"
        "_python_argcomplete sentry-asgi-autoconf; echo ${COMPREPLY[@]}; }\n"
        'complete_line "sentry-asgi-autoconf ins"; complete_line "sentry-asgi-autoconf config --j"\n'
    )
    environ = around({"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    result = subprocess.run(["bash", "-c", script], env=environ, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["install", "--json"]


MISSPELT = {"SENTRY_DSN": "http://key@127.0.0.1:9/1", "SENTRY_TRACE_SAMPLE_RATE": "1"}


def test_check_has_symbols_in_colour_on_a_terminal_and_words_elsewhere() -> None:
    text = in_a_terminal("check", columns=60, environ=MISSPELT)
    assert "\x1b[32m✓" in text and "\x1b[33m!" in text and "\x1b[1;31m✗" in text
    assert "Waiting for" not in re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text).splitlines()[-1]
    # Below the symbol stands nothing.
    assert any(line.startswith("  ") for line in re.sub(r"\x1b\[[0-9;?]*m", "", text).splitlines())
    piped = cli("check", environ=MISSPELT).stdout
    assert "\x1b" not in piped and re.search("^warning  SENTRY_TRACE_SAMPLE_RATE", piped, re.M)
