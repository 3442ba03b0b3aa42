"""Find the lines that no test reached, block by block."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator, NamedTuple

from tests.harness.server import ROOT

PACKAGE = ROOT / "sentry_asgi_autoconf"


class Block(NamedTuple):
    """Lines that follow one another in one function, with the line before them, which says when they would run."""

    path: str
    function: str
    lines: tuple[int, ...]
    text: str

    @property
    def opening(self) -> str:
        """The line before the block and its first one: what it is there for, and not what else is in it."""
        return "\n".join(self.text.splitlines()[:2])

    def __str__(self) -> str:
        return f"{self.path}:{self.lines[0]} {self.function}\n{self.text}"


def blocks_of(report: dict[str, Any]) -> list[Block]:
    """Return the blocks of coverage's JSON report, file by file."""
    return [block for path, found in sorted(report["files"].items()) for block in _of_file(path, found)]


def _of_file(path: str, found: dict[str, Any]) -> Iterator[Block]:
    source = Path(ROOT, path).read_text().splitlines()
    name = Path(ROOT, path).relative_to(PACKAGE).as_posix()
    for function, region in found["functions"].items():
        statements = sorted({*region["executed_lines"], *region["missing_lines"]})
        for lines in _runs(statements, set(region["missing_lines"])):
            header = next((line for line in range(lines[0] - 1, 0, -1) if source[line - 1].strip()), lines[0])
            yield Block(name, function, lines, "\n".join(source[header - 1 : lines[-1]]))


def _runs(statements: list[int], missing: set[int]) -> Iterator[tuple[int, ...]]:
    """Yield the missing statements that follow one another."""
    run: list[int] = []
    for line in [*statements, 0]:
        if line in missing:
            run.append(line)
        elif run:
            yield tuple(run)
            run = []
