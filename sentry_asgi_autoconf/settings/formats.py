"""Check and convert values whose format is more than a number or a choice; each raises ValueError."""

from __future__ import annotations

import math
import re
import socket
import warnings
from typing import Any, Callable, TypeVar
from urllib.parse import SplitResult, urlsplit

from sentry_asgi_autoconf.console import shown
from sentry_asgi_autoconf.import_strings import ImportReference, IntegrationReference, is_dotted_name
from sentry_asgi_autoconf.settings.values import json_value, list_items, lower_case, parse_boolean

_PROXY_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
# Patterns that re compiles when they are first used: a boot uses few of them.
_HOST_AND_PORT = r"[\w.-]+:\d+(/\S*)?\Z"
_STATUS_CODES = r"(?a)([1-5]\d\d)(?:\s*-\s*([1-5]\d\d))?\Z"
_DISTRIBUTION = r"[A-Za-z0-9][A-Za-z0-9._-]*\Z"
_METHOD_AND_PATH = r"(?:(?P<method>[A-Za-z]+)\s+)?(?P<path>[/*].*)\Z"
_TAG = r"[A-Za-z0-9_.:-]{1,200}\Z"
_T = TypeVar("_T")


def dsn(value: Any) -> str:
    """Check a DSN by the rules of `sentry_sdk.utils.Dsn`; the reason quotes nothing, as a DSN holds a key."""
    parts = _split(_stripped(value))
    if parts.scheme not in ("http", "https"):
        raise ValueError("it does not start with https:// or http://")
    if not parts.hostname:
        raise ValueError("the host is missing")
    if not parts.username:
        raise ValueError("the key before the @ is missing")
    try:
        int(parts.path.rsplit("/", 1)[-1])
    except ValueError as error:
        raise ValueError("it does not end in a project number") from error
    return _stripped(value)


def proxy_url(value: Any) -> str:
    """Check that the SDK's HTTP library takes this proxy."""
    parts = _split(_stripped(value))
    if parts.scheme not in _PROXY_SCHEMES or not parts.hostname:
        raise ValueError("the scheme or the host is missing, or the scheme is not one of these")
    return _stripped(value)


def boolean_or_url(value: Any) -> bool | str:
    """Check Spotlight's value: on, off, or the URL of its sidecar."""
    if isinstance(value, bool):
        return value
    text, parts = _stripped(value), _split(_stripped(value))
    if (parts.scheme in ("http", "https") and parts.hostname) or re.match(_HOST_AND_PORT, text):
        return text
    word = parse_boolean(text)
    if word is None:
        raise ValueError
    return word


def patterns(value: Any) -> list[str]:
    """Check that every regular expression compiles."""
    return _each(value, _pattern)


def scrub_patterns(value: Any) -> list[str]:
    """Check that each is a pattern's name, or an expression that takes no long time."""
    from sentry_asgi_autoconf.settings import scrub_rules

    return _each(value, lambda text: scrub_rules.rule_of(text) and text)


def status_codes(value: Any) -> frozenset[int]:
    """Expand codes and ranges (both ends included): 404,500-599."""
    return frozenset(code for codes in _each(value, _status_code_range) for code in codes)


def errors(value: Any) -> list[str]:
    """Return class names as they are, and import strings checked."""
    return _each(value, lambda item: ImportReference.parse(item) if ":" in item else _dotted(item))


def functions(value: Any) -> list[dict[str, str]]:
    """Return qualified names in the shape that the SDK wants, {"qualified_name": "…"}."""
    names = [item.get("qualified_name") if isinstance(item, dict) else item for item in _items(value)]
    return [{"qualified_name": name} for name in _each(names, _qualified)]


def reference(value: Any) -> ImportReference:
    """Check an import string's syntax."""
    return ImportReference.parse(_stripped(value))


def integrations(value: Any) -> list[IntegrationReference]:
    """Take short names and import strings; which there are, the installed SDK knows."""
    return _each(value, IntegrationReference.parse)


def socket_options(value: Any) -> list[tuple[int, int, int]]:
    """Return `[level, name, value]` triples as numbers; names of the `socket` module stand for theirs."""
    return [_socket_option(item) for item in _items(json_value(value))]


def span_rules(value: Any) -> list[Any]:
    """Check rules for spans; `{"regex": "…"}` may stand for a name or value that is a regular expression."""
    return [_span_rule(item) for item in _items(value)]


def _pattern(text: str) -> str:
    try:
        with warnings.catch_warnings():
            # A pattern's deprecation is no reason to refuse it, whatever -W says.
            warnings.simplefilter("ignore")
            re.compile(text)
    except (re.error, OverflowError, RecursionError) as error:
        raise ValueError(str(error)) from error
    return text


def _status_code_range(text: str) -> range:
    match = re.match(_STATUS_CODES, text)
    if match is None:
        raise ValueError("it is not a code or range from 100 to 599")
    first, last = int(match.group(1)), int(match.group(2) or match.group(1))
    if first > last:
        raise ValueError("the range ends before it starts")
    return range(first, last + 1)


def _dotted(text: str) -> str:
    if not is_dotted_name(text):
        raise ValueError("it is not a class name")
    return text


def _qualified(text: str) -> str:
    if not is_dotted_name(text) or "." not in text:
        raise ValueError("it is not a function with its module, package.module.function")
    return text


def _socket_option(item: Any) -> tuple[int, int, int]:
    if not isinstance(item, (list, tuple)) or len(item) != 3:
        raise ValueError(f"{shown(item)} does not have the three parts level, name, value")
    level, name, option = map(_socket_number, item)
    return level, name, option


def _socket_number(part: Any) -> int:
    number = getattr(socket, part, None) if isinstance(part, str) and part.isupper() else part
    if not isinstance(number, int):
        raise ValueError(f"{shown(part)} is neither a number nor a constant of Python's socket module")
    return int(number)


def _span_rule(item: Any) -> Any:
    if isinstance(item, str) or (isinstance(item, dict) and "regex" in item):
        return _literal_or_pattern(item)
    if not isinstance(item, dict) or not item or set(item) - {"name", "attributes"}:
        raise ValueError(f"{shown(item)} is neither a name nor an object with name, attributes or both")
    rule = {"name": _literal_or_pattern(item["name"])} if "name" in item else {}
    if "attributes" in item:
        if not isinstance(item["attributes"], dict):
            raise ValueError("attributes must be an object")
        rule["attributes"] = {key: _literal_or_pattern(value) for key, value in item["attributes"].items()}
    return rule


def _literal_or_pattern(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if set(value) != {"regex"}:
        raise ValueError(f'{shown(value)} is not of the form {{"regex": "…"}}')
    return re.compile(_pattern(_stripped(value["regex"])))


def _each(value: Any, convert: Callable[[str], _T]) -> list[_T]:
    converted = []
    for item in map(_stripped, _items(value)):
        try:
            converted.append(convert(item))
        except ValueError as error:
            raise ValueError(f"{shown(item)}: {error}") from error
    return converted


def _split(text: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError as error:
        raise ValueError("it is not a URL") from error
    return parts


def globs(value: Any) -> list[str]:
    """Check that every glob can match a path."""
    return _all(value, lambda glob: glob.startswith(("/", "*")), 'does not start with "/" or "*"')


def modules(value: Any) -> list[str]:
    """Check that every name can be a module's."""
    return _all(value, is_dotted_name, "is not a module name")


def apps(value: Any) -> list[str]:
    """Check that every glob can match an import string."""
    return _all(value, lambda glob: glob.count(":") == 1, "has no colon between module and attribute")


def distributions(value: Any) -> list[str]:
    """Check that every name can be a distribution's, and spell it as the index does."""
    names = [canonical(name) for name in map(_stripped, _items(value))]
    return _all(names, lambda name: re.match(_DISTRIBUTION, name), "is not a distribution's name")


def canonical(distribution: str) -> str:
    """Spell a distribution's name as the index does."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def rates(value: Any) -> dict[str, float]:
    """Check keys `[METHOD ]path-glob` and rates, order kept, methods in upper case."""
    found = json_value(value)
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")
    return dict(_rate(key, rate) for key, rate in found.items())


def tags(value: Any) -> dict[str, str]:
    """Check names by Sentry's rules, and that each value is text on one line."""
    if isinstance(value, str) and not value.lstrip().startswith("{"):
        pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
        if not all(equals for _, equals, _ in pairs):
            raise ValueError("a tag has no =")
        found: Any = {name.strip(): text.strip() for name, _, text in pairs}
    else:
        found = json_value(value)
    if not isinstance(found, dict):
        raise ValueError("it is not a JSON object")
    return dict(_tag(name, text) for name, text in found.items())


def _tag(name: Any, text: Any) -> tuple[str, str]:
    if not isinstance(name, str) or not re.match(_TAG, name):
        rule = "it may have letters, digits, and _ . : -, at most 200 in all"
        raise ValueError(f"the name {shown(name)} of a tag is not allowed: {rule}")
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"the value of {name} is not text")
    if "\n" in text.strip():
        raise ValueError(f"the value of {name} has more than one line")
    return name, text.strip()


def from_platform(value: Any) -> list[str]:
    """Check that each is something to take; `none` alone stands for nothing."""
    known = ("release", "environment", "server_name", "tags", "in_app")
    return [] if lower_case(value) == "none" else _all(value, known.__contains__, "is none of these")


def log_level(value: Any) -> Any:
    """Take the level in any letter case, and the short name of warning."""
    level = lower_case(value)
    return "warning" if level == "warn" else level


def _rate(key: str, rate: Any) -> tuple[str, float]:
    match = re.match(_METHOD_AND_PATH, key.strip())
    if match is None:
        raise ValueError(f'the key {shown(key)} is not a path such as "/api/*", or a method and a path')
    if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate <= 1 or math.isnan(rate):
        raise ValueError(f"the rate of {shown(key)} is not a number from 0 to 1")
    method = f"{match.group('method').upper()} " if match.group("method") else ""
    return method + match.group("path"), float(rate)


def _all(value: Any, is_valid: Callable[[str], object], otherwise: str) -> list[str]:
    found = [_stripped(item) for item in _items(value)]
    for item in found:
        if not is_valid(item):
            raise ValueError(f"{shown(item)} {otherwise}")
    return found


def _items(value: Any) -> list[Any]:
    found = list_items(value)
    if not isinstance(found, list):
        raise ValueError("it is not a list")
    return found


def _stripped(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("it is not text")
    return value.strip()
