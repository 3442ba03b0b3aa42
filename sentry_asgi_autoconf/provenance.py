"""Where a value comes from."""

from __future__ import annotations

from typing import Any, NamedTuple

from sentry_asgi_autoconf.console import printable

# The layers, lowest first; a value of a higher one wins. Above them stand a policy's limits.
SDK_DEFAULT = "SDK default"
PLATFORM = "platform"
POLICY_DEFAULT = "policy default"
CONFIG_FILE = "config file"
ENVIRONMENT = "environment"
APP = "app"
ENFORCED = "enforced"
LIMITS = "limits"
LAYERS = (SDK_DEFAULT, PLATFORM, POLICY_DEFAULT, CONFIG_FILE, ENVIRONMENT, APP, ENFORCED)


class Origin(NamedTuple):
    """The name that a value has there, the place that it was read in, and the key in it if it holds several.

    `whom` is the rule of a policy by which the value holds for this process, if not for all.
    """

    name: str
    place: str
    key: str = ""
    layer: str = ENVIRONMENT
    whom: str = ""

    def __str__(self) -> str:
        """Return `SENTRY_DSN (environment)`, or `dsn in SENTRY_OPTIONS_JSON (environment)`."""
        return f"{self._named()}{f' for {self.whom}' if self.whom else ''} ({self.place})"

    def set_to(self, shown: str | None = None) -> str:
        """Return `SENTRY_DIST='1'` as a message says it, the place with it where that is not the environment."""
        named = self._named("" if shown is None else f"={shown}")
        return named if self.place == ENVIRONMENT else f"{named} ({printable(self.place, 200)})"

    def _named(self, is_set: str = "") -> str:
        return f"{printable(self.key)}{is_set} in {self.name}" if self.key else f"{self.name}{is_set}"


class Candidate(NamedTuple):
    """A raw value, not checked yet, and where it comes from."""

    value: Any
    origin: Origin


class Setting(NamedTuple):
    """A value in effect.

    `overrode` are the values of lower layers, highest first. `forbidden` are those that a policy did not permit,
    `wanted` is the value before it was limited; `ruled_by` is where the policy says so. `left_out` are those of
    which the SDK can make nothing: import strings that lead nowhere, options that the installed one does not have.
    """

    value: Any
    origin: Origin | None
    overrode: tuple[Candidate, ...] = ()
    forbidden: tuple[Candidate, ...] = ()
    wanted: Any = None
    ruled_by: str = ""
    left_out: tuple[Candidate, ...] = ()


UNSET = Setting(None, None)
