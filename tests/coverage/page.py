"""Write the page of the documentation."""

from __future__ import annotations

from collections import defaultdict
from typing import Any, Iterator

from tests.coverage.reasons import reason_of, reasons
from tests.coverage.unreached import Block

INTRODUCTION = """\
# Coverage

<!-- Written by python -m tests.coverage: run that, or change tests/coverage/reasons.toml, not this file. -->

What tests reach of the package: statements and branches, in their own processes and in the servers, commands and
scripts that they start. Not counted is what other interpreters and environments run, older Pythons, installed wheels,
other releases of servers and SDK, nor what a process has run that is killed.

```console
$ python -m tests.coverage         # the default run, without the slow tests and the matrix: in twice the time
$ python -m tests.coverage -m ""   # all tests
```

"""


def render(report: dict[str, Any], blocks: list[Block], selections: list[str]) -> str:
    """Return the page: a table by folder, then the lines that no test reaches, by reason.

    `selections` are the arguments of pytest, one text a run, by which the tests were chosen.
    """
    runs = " and ".join(f"`{f'python -m pytest {selection}'.strip()}`" for selection in selections)
    measured = f"The figures are those of {runs}.\n"
    return INTRODUCTION + "\n".join([measured, *_table(report), "", *_unreached(blocks)])


def _table(report: dict[str, Any]) -> Iterator[str]:
    folders: dict[str, list[dict[str, int]]] = defaultdict(list)
    for path, found in report["files"].items():
        inside = path.partition("/")[2]
        folders[inside.partition("/")[0] if "/" in inside else "the modules beside them"].append(
            found["summary"]
        )
    yield "| | statements | reached | branches | reached | both |"
    yield "|---|--:|--:|--:|--:|--:|"
    for folder, summaries in sorted(folders.items(), key=lambda item: (item[0].startswith("the "), item[0])):
        yield _row(f"`{folder}/`" if not folder.startswith("the ") else folder, summaries)
    yield _row("**all**", [report["totals"]])


def _row(name: str, summaries: list[dict[str, int]]) -> str:
    def total(key: str) -> int:
        return sum(summary[key] for summary in summaries)

    statements, branches = total("num_statements"), total("num_branches")
    lines, taken = total("covered_lines"), total("covered_branches")
    both = 100 * (lines + taken) / max(statements + branches, 1)
    return f"| {name} | {statements} | {lines} | {branches} | {taken} | {both:.1f} % |"


def _unreached(blocks: list[Block]) -> Iterator[str]:
    yield "## What none of these tests reaches"
    for reason in [*reasons(), None]:
        found = [block for block in blocks if reason_of(block) == reason]
        if not found:
            continue
        count = sum(len(block.lines) for block in found)
        yield f"\n### {reason.why if reason else 'No reason is known'}\n"
        yield f"{count} statement{'s' if count > 1 else ''}.\n"
        yield from _places(found)
    yield ""


def _places(blocks: list[Block]) -> Iterator[str]:
    """Yield a line a file: its functions, each with how many statements of it are not reached."""
    counts: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for block in blocks:
        counts[block.path][block.function or "module"] += len(block.lines)
    for path, functions in counts.items():
        said = ", ".join(f"`{name}` ({count})" for name, count in functions.items())
        yield f"- `{path}`: {said}"
