"""The sample is the same for the same lines, each mutant has its tests, and what is not noticed is written down."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.coverage.reasons import reasons
from tests.harness.server import ROOT
from tests.mutation.mutants import FOLDERS, PACKAGE, _parsed, _rows
from tests.mutation.page import render
from tests.mutation.reach import Reach
from tests.mutation.results import SURVIVED, SURVIVORS, Result, unexplained
from tests.mutation.trial import stages

FILES = sorted(path for folder in FOLDERS for path in (ROOT / PACKAGE / folder).rglob("*.py"))
NOTICED = Result("policy/limits.py", "Limit.clamped", "quick tests", "-    if a:\n+    if not a:")
UNNOTICED = NOTICED._replace(noticed_by=SURVIVED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT / PACKAGE).as_posix())
def test_each_file_has_tests_that_exist(path: Path) -> None:
    found = list(stages(path.relative_to(ROOT / PACKAGE).as_posix(), []))
    assert found
    tests = [word for _, words in found for word in words if word.startswith("tests/")]
    assert [each for each in tests if not (ROOT / each).exists()] == []


def test_tests_that_run_a_line_come_in_the_order_in_which_they_may_notice() -> None:
    named, near, quick, slow = (
        "tests/cli/test_limits.py",
        "tests/policy/b.py",
        "tests/sdk/c.py",
        "tests/cli/d.py",
    )
    lines = {"policy/limits.py": {"3": [slow, near], "4": [quick, named]}}
    reach = Reach(lines, {slow: 9.0, quick: 1.0, near: 2.0, named: 10.0})
    assert reach.files("policy/limits.py", [2, 3, 4]) == [named, near, quick, slow]
    assert reach.files("policy/limits.py", [5]) == reach.files("sdk/new.py", [3]) == []


def test_a_place_has_the_lines_of_its_statement_alone() -> None:
    tree = ast.parse(
        "@g\ndef f(\n    a,\n    b=1,\n):\n    if (\n        a\n        and b\n    ):\n        return a\n"
    )
    assert [_rows(tree, row) for row in (1, 8, 10)] == [[1, 2, 3, 4, 5], [6, 7, 8, 9], [10]]


def test_how_a_call_may_give_an_argument_is_no_difference() -> None:
    source = "def f(a, *, b: int = 1) -> None: ..."
    assert _parsed(source) == _parsed("def f(a, /, b=1): ...") != _parsed("def f(a, *, b=2): ...")


def test_a_mutant_that_no_test_has_noticed_needs_a_reason() -> None:
    assert unexplained([NOTICED, UNNOTICED]) == [UNNOTICED]
    windows = UNNOTICED._replace(diff='-    if os.name == "nt":\n+    if os.name != "nt":')
    assert unexplained([windows]) == []


def test_the_page_has_the_share_and_what_has_no_reason() -> None:
    page = render([NOTICED, NOTICED, UNNOTICED], 300, 12)
    assert "Of a sample of 300 (seed 12), 3 were tried: **2 were noticed, 66.7 %**." in page
    assert "| `policy/` | 3 | 2 | 0 | 0 | 0 | 1 |" in page
    assert "### No reason is known\n\n`policy/limits.py`, `Limit.clamped`:\n\n```diff\n-    if a:" in page


def test_the_documentation_has_no_reason_but_these() -> None:
    page = (ROOT / "docs" / "mutation.md").read_text()
    headings = re.findall(r"^### (.*)$", page, re.MULTILINE)
    assert set(headings) <= {reason.why for reason in reasons(SURVIVORS)} | {"No reason is known"}
