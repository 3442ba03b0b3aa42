"""Where a value comes from."""

from __future__ import annotations

from typing import NamedTuple

ENVIRONMENT = "environment"


class Origin(NamedTuple):
    """A variable, the place that it was read in, and the key in it if it holds several options."""

    variable: str
    place: str
    key: str = ""

    def __str__(self) -> str:
        """Give `SENTRY_DSN (environment)`."""
        return f"{self.variable} ({self.place})"
