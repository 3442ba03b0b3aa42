"""docs/architecture.md is drawn and traced from the code, and names what is there."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.server import ROOT

PACKAGE = ROOT / "sentry_asgi_autoconf"
PAGE = (ROOT / "docs" / "architecture.md").read_text()
# What the walks were before the stages had folders, traced in the same way: files, and functions.
# A request had 13 of ours and 46 of the SDK's; that ours open it now takes eight more, and 18 less of the SDK's.
BEFORE = {"an option": (51, 146), "a request": (5, 13 + 8)}


@pytest.mark.skipif(sys.version_info < (3, 11), reason="code objects have no qualified name before")
def test_the_picture_and_the_walks_are_those_of_the_code() -> None:
    command = [sys.executable, "docs/generate_architecture.py", "--check"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr


@pytest.mark.parametrize("walk", BEFORE)
def test_a_walk_is_shorter_than_it_was(walk: str) -> None:
    (told,) = re.findall(rf"<!-- traced: {walk} -->\n\n(\d+) functions in (\d+) files", PAGE)
    functions, files = map(int, told)
    assert files < BEFORE[walk][0]
    assert functions < BEFORE[walk][1]


@pytest.mark.parametrize(("file", "name"), sorted(set(re.findall(r"`([\w/]+\.py):([\w.]+)`", PAGE))))
def test_each_function_that_a_walk_names_is_there(file: str, name: str) -> None:
    assert name in set(_defined(PACKAGE / file))


@pytest.mark.parametrize("file", sorted(set(re.findall(r"`([\w/]+\.py)[:`]", PAGE))))
def test_each_file_that_is_named_is_there(file: str) -> None:
    assert (PACKAGE / file).exists()


def _defined(path: Path) -> list[str]:
    names = []
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            names.append(node.name)
        if isinstance(node, ast.ClassDef):
            names += [
                f"{node.name}.{each.name}"
                for each in node.body
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
            ]
    return names
