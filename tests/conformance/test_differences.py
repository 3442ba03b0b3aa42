"""What differs is told from what is known to differ, and the list is that of the documentation."""

from __future__ import annotations

import pytest

from tests.conformance import differences
from tests.conformance.differences import Known
from tests.conformance.running import Outcome, Run
from tests.conformance.suites import SUITES
from tests.harness.server import ROOT

PASSED, FAILED = Outcome("passed"), Outcome("failed")


def verdict(bare: dict[str, Outcome], here: dict[str, Outcome], *patterns: str) -> differences.Verdict:
    """Judge two runs by a list of one entry."""
    runs = Run(bare, ""), Run(here, "")
    return differences.judge(differences.between(*runs), [Known("asgi", patterns, "so it is")], runs[0])


def test_a_difference_that_is_listed_is_known() -> None:
    found = verdict({"a": PASSED, "b": PASSED}, {"a": FAILED, "b": PASSED}, "a")
    assert found
    assert list(found.known) == ["a"]


def test_a_difference_that_is_not_listed_is_unexpected() -> None:
    found = verdict({"a": PASSED, "b": PASSED}, {"a": FAILED, "b": FAILED}, "a")
    assert not found
    assert list(found.unexpected) == ["b"]


def test_what_passes_here_and_fails_bare_differs_too() -> None:
    assert list(verdict({"a": FAILED, "b": PASSED}, {"a": PASSED, "b": FAILED}, "b").unexpected) == ["a"]


def test_a_test_that_one_run_does_not_have_differs() -> None:
    assert list(verdict({"a": PASSED, "b": PASSED}, {"a": FAILED}, "a").unexpected) == ["b"]
    assert list(verdict({"a": PASSED}, {"a": FAILED, "b": PASSED}, "a").unexpected) == ["b"]


def test_what_is_listed_and_does_not_differ_any_more_is_told() -> None:
    found = verdict({"a": PASSED, "b": PASSED}, {"a": FAILED, "b": PASSED}, "a", "b")
    assert not found
    assert list(found.gone) == ["b"]


def test_what_is_listed_and_does_not_exist_any_more_is_told() -> None:
    assert list(verdict({"a": PASSED}, {"a": FAILED}, "a", "no_such*").gone) == ["no_such*"]


def test_all_tests_that_a_pattern_names_have_to_differ() -> None:
    bare = {"a[1]": PASSED, "a[2]": PASSED, "b[1]": PASSED}
    assert verdict(bare, {"a[1]": FAILED, "a[2]": FAILED, "b[1]": PASSED}, "a[*]")
    assert list(verdict(bare, {**bare, "a[1]": FAILED}, "a[*]").gone) == ["a[2]"]


def test_brackets_in_a_pattern_are_those_of_the_test_s_id() -> None:
    assert list(verdict({"a[1]": PASSED, "a1": PASSED}, {"a[1]": FAILED, "a1": FAILED}, "a[1]").known) == [
        "a[1]"
    ]


@pytest.mark.parametrize("known", differences.load(), ids=lambda known: known.suite)
def test_each_listed_difference_is_of_a_suite_and_stands_in_the_documentation_with_its_reason(
    known: Known,
) -> None:
    page = " ".join((ROOT / "docs" / "conformance.md").read_text(encoding="utf-8").split())
    assert known.suite in SUITES
    assert known.reason in page


def test_the_documentation_lists_no_other_difference() -> None:
    page = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and line.count("|") == 4]
    assert len(rows) - 1 == len(differences.load())


def test_the_documentation_names_each_suite() -> None:
    page = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    assert [name for name in SUITES if f"`{name}`" not in page] == []
