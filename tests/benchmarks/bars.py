"""What the product promises of its cost, and whether a measurement keeps it."""

from __future__ import annotations

from typing import NamedTuple


class Bar(NamedTuple):
    """One promise, what it asks for, what was measured, and whether that is enough."""

    promise: str
    asked: str
    measured: str
    met: bool


def at_most(promise: str, limit: float, value: float, unit: str = "", digits: int = 2) -> Bar:
    """Return the bar of a value that may not be above `limit`."""
    shown = f"{value:.{digits}f}{unit}"
    return Bar(promise, f"≤ {limit:.{digits}f}{unit}", shown, value <= limit)


def at_least(promise: str, limit: float, value: float) -> Bar:
    """Return the bar of a ratio that may not be below `limit`."""
    return Bar(promise, f"≥ {limit:.2f}", f"{value:.2f}", value >= limit)


def above(promise: str, limit: float, value: float) -> Bar:
    """Return the bar of a ratio that has to be above `limit`."""
    return Bar(promise, f"> {limit:.2f}", f"{value:.2f}", value > limit)
