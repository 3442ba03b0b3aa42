"""Limits of a policy: how far a value may go, whoever sets it."""

from __future__ import annotations

import fnmatch
import re
from decimal import Decimal
from numbers import Real
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sentry_asgi_autoconf.console import shown
from sentry_asgi_autoconf.provenance import Origin


class Limit(NamedTuple):
    """A ceiling and a floor for a number, or the texts that are allowed; each with its origin."""

    maximum: float | None = None
    minimum: float | None = None
    allowed: tuple[tuple[str, ...], ...] = ()  # globs: a text has to match one of each group
    origins: tuple[Origin, ...] = ()
    over_callers: bool = False  # whether a ceiling for traces holds for those too that a caller has sampled

    def permits(self, value: Any) -> bool:
        """Whether `value` is one of those allowed, or can be made to fit; of a DSN or another URL, its host counts."""
        if self.allowed:
            text = _compared(value)
            return text is not None and all(_matches(text, globs) for globs in self.allowed)
        return is_number(value)

    def clamped(self, value: Any) -> Any:
        """Return the number within ceiling and floor; anything else as it is."""
        if not is_number(value):
            return value
        if self.minimum is not None and value < self.minimum:
            value = self.minimum
        if self.maximum is not None and value > self.maximum:
            value = self.maximum
        return value

    def and_also(self, other: Limit) -> Limit:
        """Return what both limits leave: the stricter of each."""
        return Limit(
            _stricter(min, self.maximum, other.maximum),
            _stricter(max, self.minimum, other.minimum),
            (*self.allowed, *other.allowed),
            (*self.origins, *other.origins),
            self.over_callers or other.over_callers,
        )

    def first_text(self) -> str:
        """Return the first text that is allowed and no glob, nothing if there is none."""
        texts = (text for globs in self.allowed for text in globs if not _is_glob(text))
        return next(filter(self.permits, texts), "")

    @property
    def contradicts_itself(self) -> bool:
        """Whether it can be told that no value is left; of floor and ceiling the ceiling then holds."""
        if self.allowed:
            # Globs may have texts in common, of texts it can be seen.
            left = (any(_is_glob(glob) or self.permits(glob) for glob in globs) for globs in self.allowed)
            return not all(left)
        return self.maximum is not None and self.minimum is not None and self.minimum > self.maximum

    def __str__(self) -> str:
        return ", ".join(map(str, self.origins))


def is_number(value: Any) -> bool:
    """Whether `value` is a number that can be compared, of those that the SDK takes for rates: True and False too."""
    return isinstance(value, (Real, Decimal)) and value == value


def _compared(value: Any) -> str | None:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    if "://" not in value:
        return value
    if "\\" in value:  # of which libraries make different hosts
        return None
    try:
        return urlsplit(value.strip()).hostname
    except ValueError:
        return None


def _matches(text: str, globs: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(text, glob) for glob in globs)


def _is_glob(text: str) -> bool:
    return bool(set("*?[").intersection(text))


def _stricter(choose: Any, one: float | None, other: float | None) -> Any:
    known = [limit for limit in (one, other) if limit is not None]
    return choose(known) if known else None


_CLASS = re.compile(r"\[(!?\]?[^\]]*)\]")
_IPV6 = re.compile(r"(?=(?:.*:){2})[0-9a-f:.*?]+\Z")
# What ends a host in a URL, and what no host has.
_NO_HOST = re.compile(r"[:/@\s]")
_PORT = re.compile(r":[\d*?]+\Z")


def why_never(glob: str, *, of_host: bool) -> str | None:
    """Say why no text can match, if so; with `of_host`, no host of a URL."""
    if not glob.strip():
        return f"{shown(glob)} matches nothing, as it is blank"
    if not _compiles(glob):
        return f"{shown(glob)} matches nothing: its brackets leave no character"
    if of_host and not _may_be_host(glob):
        written = "in lower case, without scheme, port and brackets"
        return f"{shown(glob)} matches no host, which alone is compared: {written}, such as {shown(_host_in(glob))}"
    if "://" in glob:
        return f"{shown(glob)} matches nothing: of a URL the host alone is compared"
    return None


def _compiles(glob: str) -> bool:
    try:
        pattern = fnmatch.translate(glob)
        re.compile(pattern)
    except re.error:
        return False
    return "(?!)" not in pattern


def _may_be_host(glob: str) -> bool:
    if any(":" in characters for characters in _CLASS.findall(glob)):
        return False
    rest = _CLASS.sub("?", glob)
    return bool(_IPV6.match(rest)) or (rest == rest.lower() and not _NO_HOST.search(rest))


def _host_in(glob: str) -> str:
    host = glob.strip().rpartition("://")[2].partition("/")[0].rpartition("@")[2]
    return _PORT.sub("", host).strip("[]").lower() or "*.example.com"
