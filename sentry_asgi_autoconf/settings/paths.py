"""Check and convert the values of our own settings; each raises ValueError."""

from __future__ import annotations

import math
import re
from typing import Any

from sentry_asgi_autoconf.references import is_dotted_name
from sentry_asgi_autoconf.settings.texts import json_value, lower_case, text_items
from sentry_asgi_autoconf.shown_values import shown

_DISTRIBUTION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\Z")
_METHOD_AND_PATH = re.compile(r"(?:(?P<method>[A-Za-z]+)\s+)?(?P<path>[/*].*)\Z")


def globs(value: Any) -> list[str]:
    """Check that every glob can match a path."""
    return [
        _checked(glob, glob.startswith(("/", "*")), 'does not start with "/" or "*"')
        for glob in text_items(value)
    ]


def modules(value: Any) -> list[str]:
    """Check that every name can be a module's."""
    return [_checked(name, is_dotted_name(name), "is no module name") for name in text_items(value)]


def distributions(value: Any) -> list[str]:
    """Check that every name can be a distribution's, and spell it as the index does."""
    return [
        _checked(canonical(name), bool(_DISTRIBUTION.match(name)), "is no distribution's name")
        for name in text_items(value)
    ]


def canonical(distribution: str) -> str:
    """Spell a distribution's name as the index does."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def apps(value: Any) -> list[str]:
    """Check that every glob can match an import string."""
    return [
        _checked(glob, glob.count(":") == 1, "has no colon between module and attribute")
        for glob in text_items(value)
    ]


def rates(value: Any) -> dict[str, float]:
    """Check keys `[METHOD ]path-glob` and rates, order kept, methods in upper case."""
    found = json_value(value)
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    return dict(_rate(key, rate) for key, rate in found.items())


def log_level(value: Any) -> Any:
    """Take the level in any letter case, and the short name of warning."""
    level = lower_case(value)
    return "warning" if level == "warn" else level


def _rate(key: str, rate: Any) -> tuple[str, float]:
    match = _METHOD_AND_PATH.match(key.strip())
    if match is None:
        raise ValueError(f'the key {shown(key)} is not a path such as "/api/*", or a method and a path')
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate <= 1 or math.isnan(rate):
        raise ValueError(f"the rate of {shown(key)} is not a number from 0 to 1")
    method = f"{match.group('method').upper()} " if match.group("method") else ""
    return method + match.group("path"), float(rate)


def _checked(item: str, is_valid: bool, otherwise: str) -> str:
    if not is_valid:
        raise ValueError(f"{shown(item)} {otherwise}")
    return item
