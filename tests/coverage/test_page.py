"""What is not reached is found by function, given its reason, and written down."""

from __future__ import annotations

from typing import Any

from tests.coverage.page import render
from tests.coverage.reasons import reason_of, reasons, unexplained
from tests.coverage.unreached import Block, blocks_of
from tests.harness.server import ROOT

MODULE = "sentry_asgi_autoconf/__main__.py"


def report(executed: list[int], missing: list[int]) -> dict[str, Any]:
    """Return what coverage reports of a module without branches."""
    counts = {"num_statements": len(executed + missing), "covered_lines": len(executed)}
    summary = {**counts, "num_branches": 0, "covered_branches": 0}
    regions = {"": {"executed_lines": executed, "missing_lines": missing}}
    return {"files": {MODULE: {"functions": regions, "summary": summary}}, "totals": summary}


def test_statements_that_follow_one_another_are_a_block_with_the_line_before() -> None:
    source = (ROOT / MODULE).read_text().splitlines()
    first, second = blocks_of(report([1, 4, 6], [3, 5, 7, 8]))[1:]
    assert (first.lines, second.lines) == ((5,), (7, 8))
    assert second.text.splitlines()[-1] == source[7]


def test_a_reason_is_found_by_path_or_by_text() -> None:
    assert reason_of(Block("cli/run.py", "start", (2,), 'if os.name == "nt":\n    pass'))
    assert unexplained([Block("elsewhere.py", "start", (2,), "if thing:\n    pass")])


def test_the_page_has_the_figure_and_what_has_no_reason() -> None:
    found = report([1, 4, 6], [3, 5])
    page = render(found, blocks_of(found), ["", "-m slow"])
    assert "those of `python -m pytest` and `python -m pytest -m slow`." in page
    assert "| **all** | 5 | 3 | 0 | 0 | 60.0 % |" in page
    assert "### No reason is known\n\n2 statements.\n\n- `__main__.py`: `module` (2)" in page


def test_the_documentation_has_no_reason_but_these() -> None:
    page = (ROOT / "docs" / "coverage.md").read_text()
    headings = [line[4:] for line in page.splitlines() if line.startswith("### ")]
    assert set(headings) <= {reason.why for reason in reasons()} | {"No reason is known"}
