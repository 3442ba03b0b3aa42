"""What a part hands on: rows of figures, and how much of a full run is wanted."""

from __future__ import annotations

import itertools
from typing import Mapping, NamedTuple, Sequence, TypeVar

T = TypeVar("T")
#: Figures by the title of their column, in the order of the columns.
Figures = Mapping[str, "int | float | str"]


class Row(NamedTuple):
    """What was done, what came of it, and what of that should not be: nothing, if all is well."""

    case: str
    figures: Figures
    faults: tuple[str, ...] = ()


class Scale(NamedTuple):
    """How much to do: a share of a full run's counts, every case on every server or each once, at most so many."""

    share: float
    is_whole: bool = True
    most: int | None = None

    def count(self, full: int, least: int = 1) -> int:
        """Return the scaled number of what a full run does `full` times."""
        return max(round(full * self.share), least)

    def pairs(self, servers: Sequence[str], cases: Sequence[T]) -> list[tuple[str, T]]:
        """Return which case runs on which server."""
        if self.is_whole:
            found = list(itertools.product(servers, cases))
        else:
            turns = zip(itertools.cycle(servers), itertools.cycle(cases))
            found = list(itertools.islice(turns, max(len(servers), len(cases))))
        return found[: self.most]


FULL = Scale(1.0)
QUICK = Scale(0.01, is_whole=False)
TINY = Scale(0.002, is_whole=False, most=2)


def faults(figures: Figures, *nought: str, **also: bool) -> tuple[str, ...]:
    """Return what should not be: figures that are not 0 and should be, and what is true of `also`."""
    found = [f"{name}: {figures[name]}" for name in nought if figures.get(name)]
    return (*found, *(name.replace("_", " ") for name, is_so in also.items() if is_so))
