"""Limits of a policy: how far a value may go, whoever sets it."""

from __future__ import annotations

import fnmatch
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sentry_asgi_autoconf.origin import Origin


class Limit(NamedTuple):
    """A ceiling and a floor for a number, or the texts that are allowed, as globs; each with its origin."""

    maximum: float | None = None
    minimum: float | None = None
    allowed: tuple[str, ...] | None = None
    origins: tuple[Origin, ...] = ()

    def permits(self, value: Any) -> bool:
        """Whether `value` is one of those allowed, or can be made to fit; of a DSN or another URL, its host counts."""
        if self.allowed is not None:
            text = _compared(value)
            return text is not None and any(fnmatch.fnmatchcase(text, glob) for glob in self.allowed)
        return is_number(value)

    def clamped(self, value: Any) -> Any:
        """Give the number within ceiling and floor; anything else as it is."""
        if not is_number(value):
            return value
        if self.minimum is not None and value < self.minimum:
            value = self.minimum
        if self.maximum is not None and value > self.maximum:
            value = self.maximum
        return value

    def and_also(self, other: Limit) -> Limit:
        """Give what both limits leave: the stricter of each."""
        return Limit(
            _stricter(min, self.maximum, other.maximum),
            _stricter(max, self.minimum, other.minimum),
            _both(self.allowed, other.allowed),
            (*self.origins, *other.origins),
        )

    @property
    def contradicts_itself(self) -> bool:
        """Whether no value at all is left; of floor and ceiling the ceiling then holds."""
        if self.allowed is not None:
            return not self.allowed
        return None not in (self.maximum, self.minimum) and self.minimum > self.maximum  # type: ignore[operator] # neither is None

    def __str__(self) -> str:
        """Give where the limit was set."""
        return ", ".join(str(origin) for origin in self.origins)


def is_number(value: Any) -> bool:
    """Whether `value` is a number that can be compared: True and False count, as the SDK takes them for rates."""
    return isinstance(value, (int, float)) and value == value


def _compared(value: Any) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    if "://" not in value:
        return value
    try:
        return urlsplit(value.strip()).hostname
    except ValueError:
        return None


def _stricter(choose: Any, one: float | None, other: float | None) -> Any:
    known = [limit for limit in (one, other) if limit is not None]
    return choose(known) if known else None


def _both(one: tuple[str, ...] | None, other: tuple[str, ...] | None) -> tuple[str, ...] | None:
    if one is None or other is None:
        return other if one is None else one
    # A glob that another covers is the narrower of the two.
    narrower = [glob for glob in one if any(fnmatch.fnmatchcase(glob, wider) for wider in other)]
    narrower += [glob for glob in other if any(fnmatch.fnmatchcase(glob, wider) for wider in one)]
    return tuple(dict.fromkeys(narrower))
