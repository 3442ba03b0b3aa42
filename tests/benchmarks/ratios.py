"""Medians of rounds, and of the ratios within each round, so that drift between rounds cancels out."""

from __future__ import annotations

import statistics
from typing import Callable, Iterable, Sequence

# What one round measured: case, variant, metric, value.
Round = dict[str, dict[str, dict[str, float]]]


def median(rounds: Sequence[Round], case: str, variant: str, metric: str) -> float:
    """Return the median of what a variant took; raises KeyError if no round measured it."""
    return _of_rounds(rounds, case, lambda of: of[variant][metric])


def difference(rounds: Sequence[Round], case: str, variant: str, reference: str, metric: str) -> float:
    """Return the median of how much more a variant took than the reference in the same round."""
    return _of_rounds(rounds, case, lambda of: of[variant][metric] - of[reference][metric])


def ratio(rounds: Sequence[Round], case: str, variant: str, reference: str, metric: str) -> float:
    """Return the median of a variant's share of what the reference took in the same round."""
    return _of_rounds(rounds, case, lambda of: of[variant][metric] / of[reference][metric])


def spread(
    rounds: Sequence[Round], case: str, variant: str, reference: str, metric: str
) -> tuple[float, float]:
    """Return between which shares of what the reference took in the same round the middle half of them lies."""
    shares = [each[case][variant][metric] / each[case][reference][metric] for each in rounds if case in each]
    low, _, high = statistics.quantiles(shares, n=4, method="inclusive")
    return low, high


def ratio_over_raw(rounds: Sequence[Round], case: str, variant: str, reference: str, metric: str) -> float:
    """Return the median of (variant - raw) / (reference - raw), each within one round."""

    def of_round(of: dict[str, dict[str, float]]) -> float:
        raw = of["raw"][metric]
        return (of[variant][metric] - raw) / (of[reference][metric] - raw)

    return _of_rounds(rounds, case, of_round)


def measured(rounds: Sequence[Round], cases: Iterable[str]) -> list[str]:
    """Return those of the cases that were measured."""
    found = {case for each in rounds for case in each}
    return [case for case in cases if case in found]


def variants(rounds: Sequence[Round], case: str, order: Iterable[str]) -> list[str]:
    """Return the variants that a case was measured for, in this order."""
    found = {name for each in rounds for name in each.get(case, ())}
    return [name for name in order if name in found]


def _of_rounds(
    rounds: Sequence[Round], case: str, value: Callable[[dict[str, dict[str, float]]], float]
) -> float:
    values = [value(each[case]) for each in rounds if case in each]
    if not values:
        raise KeyError(case)
    return statistics.median(values)
