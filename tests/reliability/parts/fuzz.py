"""Differential fuzz: scopes, messages and misbehaving apps drawn at random, served bare and with this package."""

from __future__ import annotations

from typing import Iterator

from tests.differential.fuzz import OF_THE_SDK, SETTINGS, fuzz
from tests.reliability.rows import Figures, Row, Scale, faults

INPUTS = 2_500  # with each of the settings
_SEED = 3


def rows(scale: Scale) -> Iterator[Row]:
    """Yield a row for each of the settings that change what is done to a request."""
    for name, _ in scale.pairs(list(SETTINGS), [None]):
        yield _row(name, scale.count(INPUTS, 50))


def _row(name: str, inputs: int) -> Row:
    found = fuzz(inputs, _SEED, SETTINGS[name])
    figures: Figures = {
        "inputs": found.tried,
        "of them raised": found.outcomes.get("raised", 0),
        "differences": len(found.differences),
        **{f"the SDK's own: {each}": found.of_the_sdk.get(each, 0) for each in OF_THE_SDK},
    }
    return Row(name, figures, (*faults(figures, "differences"), *found.differences[:1]))
