"""Limits of a policy: how far a value may go, whoever sets it."""

from __future__ import annotations

import fnmatch
import math
import re
from decimal import Decimal
from numbers import Real
from typing import Any, Callable, Mapping, NamedTuple
from urllib.parse import urlsplit

from sentry_asgi_autoconf.console import printable, shown
from sentry_asgi_autoconf.provenance import Origin
from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.names import did_you_mean
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS
from sentry_asgi_autoconf.settings.own import OWN_KEYS

# The option whose ceiling may hold for what callers have decided.
LIMITS_CALLERS = "traces_sample_rate"
_NUMBERS = (int, float)
# What can be limited: the SDK's options, and the numbers among our own settings, by their keys.
LIMITABLE = {**SDK_OPTIONS, **{key: own for key, own in OWN_KEYS.items() if own.kind.type in _NUMBERS}}


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
        written = "write one in lower case, without scheme, port and brackets"
        return f"{shown(glob)} matches no host, and only the host counts: {written}, such as {shown(_host_in(glob))}"
    if "://" in glob:
        return f"{shown(glob)} matches nothing: only the host of a URL is compared"
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


def read(option: str, rules: Any, origin: Origin) -> Limit:
    """Read one option's limit. Raises ValueError with the reason, and the rule that it is about if it is one."""
    if option not in LIMITABLE:
        raise ValueError(f"is not an option that can be limited. {did_you_mean(str(option))}")
    checked = _checked(rules)
    maximum, minimum, allowed, by_callers = (checked.get(rule) for rule in _RULES)
    is_range = (maximum, minimum) != (None, None)
    if is_range and not limits_numbers(option):
        rules_for = "max and min are for numbers, allow is for texts, [enforced] for all else"
        raise ValueError(f"is not a number: {rules_for}")
    if allowed is not None and not limits_texts(option):
        rules_for = "allow is for texts, max and min are for numbers, [enforced] for all else"
        raise ValueError(f"is not text: {rules_for}")
    if not is_range and allowed is None:
        raise ValueError("limits nothing: it needs max, min or allow")
    if by_callers and (option != LIMITS_CALLERS or maximum is None):
        raise ValueError(f"takes no sampled_by_callers: it is only for {LIMITS_CALLERS}, together with max")
    kind = LIMITABLE[option].kind
    for name, bound in (("max", maximum), ("min", minimum)):
        if bound is not None and not _is_value(bound, option):
            raise _wrong_at(name, f"it is not {kind.words}")
    if choices(option) and not set(allowed or ()).issubset(choices(option)):
        raise _wrong_at("allow", f"it is not {kind.words}")
    for glob in allowed or ():
        reason = why_never(glob, of_host=limits_hosts(option))
        if reason:
            raise _wrong_at("allow", reason)
    texts = (tuple(allowed),) if allowed else ()
    return Limit(maximum, minimum, texts, (origin,), bool(by_callers))


def _checked(rules: Any) -> dict[str, Any]:
    known = ", ".join(_RULES)
    if not isinstance(rules, Mapping):
        raise ValueError(f"is not a table of rules: the rules are {known}")
    checked = {}
    for rule, read in _RULES.items():
        try:
            checked[rule] = None if rules.get(rule) is None else read(rules[rule])
        except ValueError as error:
            raise _wrong_at(rule, str(error)) from error
    for rule in rules:
        if rule not in _RULES:
            raise ValueError(f"has no rule {printable(str(rule))}: the rules are {known}", rule)
    return checked


def _is_value(bound: float, option: str) -> bool:
    try:
        LIMITABLE[option].read(bound)
    except ValueError:
        return False
    return True


def _wrong_at(rule: str, reason: str) -> ValueError:
    return ValueError(f"has a wrong value at {rule}: {reason}", rule)


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("it is not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("it is not a finite number")
    return value


def _globs(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("it is not a list")
    if not value:
        raise ValueError("it is empty")
    if not all(isinstance(item, str) for item in value):
        raise ValueError("it is not text")
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("it is neither true nor false")
    return value


# What `[limits.<option>]` holds: a ceiling, a floor, or texts that are allowed, as globs. `sampled_by_callers` says
# that the ceiling of traces holds for those too that a caller has sampled.
_RULES: Mapping[str, Callable[[Any], Any]] = {
    "max": _number,
    "min": _number,
    "allow": _globs,
    "sampled_by_callers": _switch,
}


def limits_numbers(name: str) -> bool:
    """Whether the option is a number."""
    return LIMITABLE[name].kind.type in _NUMBERS


def limits_texts(name: str) -> bool:
    """Whether the option is one text: free, one of several, or a URL among others."""
    kind = LIMITABLE[name].kind
    return kind is kinds.BOOLEAN_OR_URL or kind.type is str


def limits_hosts(name: str) -> bool:
    """Whether the option is a URL, of which the host is limited."""
    return LIMITABLE[name].kind in (kinds.DSN, kinds.PROXY_URL, kinds.BOOLEAN_OR_URL)


def choices(name: str) -> tuple[str, ...]:
    """Return the texts of which the option is one; none if it is not a choice."""
    return tuple(LIMITABLE[name].kind.shape.get("enum", ()))
