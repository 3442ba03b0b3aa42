"""The sample is the same for the same lines, each mutant has its tests, and what is not noticed is written down."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.coverage.reasons import reasons
from tests.harness.server import ROOT
from tests.mutation.mutants import FOLDERS, PACKAGE
from tests.mutation.page import render
from tests.mutation.results import SURVIVED, SURVIVORS, Result, unexplained
from tests.mutation.trial import stages

FILES = sorted(path for folder in FOLDERS for path in (ROOT / PACKAGE / folder).rglob("*.py"))
NOTICED = Result("policy/limits.py", "Limit.clamped", "quick tests", "-    if a:\n+    if not a:")
UNNOTICED = NOTICED._replace(noticed_by=SURVIVED)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT / PACKAGE).as_posix())
def test_each_file_has_tests_that_exist(path: Path) -> None:
    found = list(stages(path.relative_to(ROOT / PACKAGE).as_posix()))
    assert found[0][1][2:]
    tests = [word for _, words in found for word in words if word.startswith("tests/")]
    assert [each for each in tests if not (ROOT / each).exists()] == []


def test_a_mutant_that_no_test_has_noticed_needs_a_reason() -> None:
    assert unexplained([NOTICED, UNNOTICED]) == [UNNOTICED]
    windows = UNNOTICED._replace(diff='-    if os.name == "nt":\n+    if os.name != "nt":')
    assert unexplained([windows]) == []


def test_the_page_has_the_share_and_what_has_no_reason() -> None:
    page = render([NOTICED, NOTICED, UNNOTICED], 300, 12)
    assert "Of a sample of 300 (seed 12), 3 were tried: **2 were noticed, 66.7 %**." in page
    assert "| `policy/` | 3 | 2 | 0 | 0 | 0 | 0 | 1 |" in page
    assert "### No reason is known\n\n`policy/limits.py`, `Limit.clamped`:\n\n```diff\n-    if a:" in page


def test_the_documentation_has_no_reason_but_these() -> None:
    page = (ROOT / "docs" / "mutation.md").read_text()
    headings = re.findall(r"^### (.*)$", page, re.MULTILINE)
    assert set(headings) <= {reason.why for reason in reasons(SURVIVORS)} | {"No reason is known"}
