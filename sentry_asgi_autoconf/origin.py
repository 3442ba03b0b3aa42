"""Where a value comes from."""

from __future__ import annotations

from typing import NamedTuple

# The layers, lowest first; a value of a higher one wins. Above them stand a policy's limits.
SDK_DEFAULT = "SDK default"
POLICY_DEFAULT = "policy default"
CONFIG_FILE = "config file"
ENVIRONMENT = "environment"
APP = "app"
ENFORCED = "enforced"


class Origin(NamedTuple):
    """The name that a value has there, the place that it was read in, and the key in it if it holds several."""

    name: str
    place: str
    key: str = ""
    layer: str = ENVIRONMENT

    def __str__(self) -> str:
        """Give `SENTRY_DSN (environment)`."""
        return f"{self.name} ({self.place})"
