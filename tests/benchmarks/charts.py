"""What a chart shows."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Sequence


class Group(NamedTuple):
    """Bars that belong together: a value for each variant, under a title or none."""

    title: str
    values: Mapping[str, float]


class Chart(NamedTuple):
    """Groups of bars on one scale: `name` is that of its file, `form` says how a value is written."""

    name: str
    title: str
    form: str
    groups: Sequence[Group]
