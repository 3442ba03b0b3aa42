"""Find where a line can be made wrong, and draw a sample of these places, the same for the same lines."""

from __future__ import annotations

import ast
import hashlib
from collections import defaultdict
from itertools import islice
from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple

PACKAGE = "sentry_asgi_autoconf"
# Whether two things are the same, for whether they are equal: Python keeps texts of the code, classes and None once.
_SAMENESS = tuple(
    f"core/ReplaceComparisonOperator_{change}" for change in ("Eq_Is", "Is_Eq", "NotEq_IsNot", "IsNot_NotEq")
)
FOLDERS = ("flushing", "policy", "sdk", "servers", "serving", "settings")


class Mutant(NamedTuple):
    """A place in a file, and one way to make it wrong: an operator of Cosmic Ray's, and which of its occurrences."""

    path: str  # inside the package
    function: str
    operator: str
    occurrence: int
    line: str
    ordinal: int  # among those of this operator in this line of this function
    rows: list[int]  # the lines of its statement, of which one is run if the place is

    @property
    def name(self) -> str:
        """What it is known by, wherever the line moves."""
        return f"{self.path} {self.function}: {self.operator} {self.ordinal} in {self.line}"


def sample(root: Path, size: int, seed: int) -> list[Mutant]:
    """Return `size` mutants of the package below `root`, at most one for each place.

    Each has its lot by its own words: a change of another line changes nothing about it.
    """

    def lot(mutant: Mutant) -> str:
        return hashlib.sha256(f"{seed} {mutant.name}".encode()).hexdigest()

    paths = sorted(path for folder in FOLDERS for path in (root / PACKAGE / folder).rglob("*.py"))
    places = [sorted(place, key=lot) for path in paths for place in _places(root, path)]
    real = (
        next((mutant for mutant in place if _is_real(root, mutant)), None)
        for place in sorted(places, key=lambda place: lot(place[0]))
    )
    return list(islice(filter(None, real), size))


def _is_real(root: Path, mutant: Mutant) -> bool:
    """Whether what it makes of its file is Python, and may do something else."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    source = (root / PACKAGE / mutant.path).read_text()
    mutated = mutate_code(source, get_operator(mutant.operator)(), mutant.occurrence)
    differs = mutated is not None and _parsed(mutated) not in (None, _parsed(source))
    return differs and mutant.operator not in _SAMENESS


def _places(root: Path, path: Path) -> Iterable[list[Mutant]]:
    """Return the mutants of each place in a file; what only a type checker reads has none."""
    from cosmic_ray.commands.init import init
    from cosmic_ray.work_db import use_db

    source = path.read_text()
    tree = ast.parse(source)
    lines, never_run = source.splitlines(), set(_never_run(tree))
    with use_db(":memory:") as session:
        init([path], session, {})
        specs = [spec for item in session.work_items for spec in item.mutations]
    counts: dict[tuple[str, ...], int] = defaultdict(int)
    places: dict[tuple[Any, Any], list[Mutant]] = defaultdict(list)
    for spec in sorted(specs, key=lambda spec: (spec.operator_name, spec.occurrence)):
        words = (spec.definition_name or "module", spec.operator_name, lines[spec.start_pos[0] - 1].strip())
        counts[words] += 1
        if spec.start_pos[0] not in never_run:
            inside = path.relative_to(root / PACKAGE).as_posix()
            rows = _rows(tree, spec.start_pos[0])
            found = Mutant(inside, words[0], words[1], spec.occurrence, words[2], counts[words], rows)
            places[spec.start_pos, spec.end_pos].append(found)
    return places.values()


def _rows(tree: ast.Module, row: int) -> list[int]:
    """Return the lines of the innermost statement that has this one, without the statements in it."""
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    around = max((node for node in statements if _first(node) <= row <= (node.end_lineno or row)), key=_first)
    inner = min(
        (_first(node) for node in getattr(around, "body", ())), default=(around.end_lineno or row) + 1
    )
    return list(range(_first(around), max(inner, row + 1)))


def _first(node: ast.stmt) -> int:
    """Return the first line of a statement, decorators included."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(each.lineno for each in decorators)])


def _parsed(source: str) -> str | None:
    """Return what Python makes of a source; None if it is none.

    Without annotations, which nothing evaluates, and without what a call may give by position alone, or by name.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            if hasattr(node, name):
                setattr(node, name, None)
        if isinstance(node, ast.arguments):
            node.args = [*node.posonlyargs, *node.args, *node.kwonlyargs]
            node.defaults = [default for default in (*node.defaults, *node.kw_defaults) if default]
            node.posonlyargs, node.kwonlyargs, node.kw_defaults = [], [], []
    return ast.dump(tree)


def _never_run(tree: ast.Module) -> Iterator[int]:
    """Yield the lines that only a type checker reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(node.test, "id", "") == "TYPE_CHECKING":
            yield from range(node.lineno, (node.body[-1].end_lineno or node.lineno) + 1)
