"""Read what text, JSON and TOML hold, as Python's types, by a JSON Schema and pydantic's rules, without its import."""

from __future__ import annotations

import json
import math
import re
from contextlib import suppress
from typing import Any, Callable, Dict, Mapping, Sequence

from sentry_asgi_autoconf.console import printable

# What a JSON Schema says of a value: type, enum, minimum, maximum, items, properties, required, and anyOf.
Shape = Dict[str, Any]
# Blanks as Unicode has them, without the separators that Python's strip takes for some.
_BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_WHOLE = rf"[{_BLANKS}]*([+-]?)([0-9]+(?:_[0-9]+)*)(?:\.0+)?[{_BLANKS}]*\Z"
_DECIMAL = rf"[{_BLANKS}]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[{_BLANKS}]*\Z"
_MISPLACED_UNDERSCORE = r"\A_|__|_\Z"
_MOST_DIGITS = 4300
_LARGEST_FLOAT = 2.0**63  # that is taken for a whole number
_TRUE = frozenset(("1", "on", "t", "true", "y", "yes"))
_FALSE = frozenset(("0", "off", "f", "false", "n", "no"))
# Of a variable: at least every word that the SDK takes for its own.
TRUE_WORDS = _TRUE | {"enable", "enabled"}
FALSE_WORDS = _FALSE | {"disable", "disabled"}


class MismatchError(ValueError):
    """A value of another type than its kind has, or a part of one, to which `steps` lead."""

    def __init__(self, reason: str, *steps: object) -> None:
        super().__init__(reason)
        self.reason, self.steps = reason, steps

    def __str__(self) -> str:
        # Of a whole value nothing is said: what its kind allows says it all.
        return f"{'.'.join(printable(str(step)) for step in self.steps)}: {self.reason}" if self.steps else ""


def read(shape: Shape, value: Any) -> Any:
    """Return what a value is by its schema; null is as good as absent, but for a property that is required."""
    if "anyOf" in shape:
        *others, last = shape["anyOf"]
        for other in others:
            with suppress(MismatchError):
                return read(other, value)
        return read(last, value)
    if "enum" in shape:
        return _choice(shape["enum"], value)
    return _READERS[shape["type"]](shape, value)


def _part(step: object, shape: Shape, value: Any) -> Any:
    try:
        return read(shape, value)
    except MismatchError as error:
        raise MismatchError(error.reason, step, *error.steps) from None


def _choice(words: Sequence[str], value: Any) -> str:
    if not isinstance(value, str) or value not in words:
        raise MismatchError(f"it is not one of {', '.join(map(repr, words[:-1]))} or {words[-1]!r}")
    return value


def _text(shape: Shape, value: Any) -> str:
    if not isinstance(value, str):
        raise MismatchError("it is not text")
    return value


def _boolean(shape: Shape, value: Any) -> bool:
    """Read true or false, 1 or 0, and the commonest words for them."""
    found = value.lower() if isinstance(value, str) else value
    if isinstance(found, str) and found in _TRUE | _FALSE:
        return found in _TRUE
    if not isinstance(found, (int, float)) or found not in (0, 1):
        raise MismatchError("it is neither true nor false")
    return bool(found)


def _whole_number(shape: Shape, value: Any) -> int:
    number = _as_whole_number(value)
    if number is None:
        raise MismatchError("it is not a whole number")
    if number < shape["minimum"]:
        raise MismatchError(f"it is less than {shape['minimum']}")
    return number


def _as_whole_number(value: Any) -> int | None:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) < _LARGEST_FLOAT else None
    match = re.match(_WHOLE, value) if isinstance(value, str) else None
    digits = match.group(2).replace("_", "").lstrip("0") or "0" if match else ""
    return int(match.group(1) + digits) if match and len(digits) <= _MOST_DIGITS else None


def _number(shape: Shape, value: Any) -> float:
    number = _as_number(value)
    # Neither infinity nor NaN.
    if not math.isfinite(number) or not shape["minimum"] <= number <= shape.get("maximum", math.inf):
        raise MismatchError("it is not a number that is allowed")
    return number


def _as_number(value: Any) -> float:
    if isinstance(value, str):
        match = re.match(_DECIMAL, value.replace("_", ""))
        # Where there are underscores, there are no blanks around.
        if (
            match
            and "_" in value
            and (re.search(_MISPLACED_UNDERSCORE, value) or match.group() != match.group(1))
        ):
            return math.nan
        return float(match.group(1)) if match else math.nan
    try:
        return float(value) if isinstance(value, (int, float)) else math.nan
    except OverflowError:
        return math.nan


def _list(shape: Shape, value: Any) -> list[Any]:
    if not isinstance(value, (list, tuple)):
        raise MismatchError("it is not a list")
    return [_part(index, shape["items"], item) for index, item in enumerate(value)]


def _mapping(shape: Shape, value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping):
        raise MismatchError("it is not a mapping")
    if "properties" in shape:
        return _rules(shape["properties"], shape.get("required", ()), value)
    items = shape["additionalProperties"]
    return dict(value) if items is True else {key: _part(key, items, item) for key, item in value.items()}


def _rules(parts: Mapping[str, Shape], required: Sequence[str], found: Mapping[str, Any]) -> dict[str, Any]:
    rules = {}
    for key, shape in parts.items():
        if key in required and key not in found:
            raise MismatchError("it is missing", key)
        if found.get(key) is not None or key in required:
            rules[key] = _part(key, shape, found[key])
    for key in found:
        if key not in parts:
            raise MismatchError("there is no such key", key)
    return rules


_READERS: Mapping[str, Callable[[Shape, Any], Any]] = {
    "string": _text,
    "boolean": _boolean,
    "integer": _whole_number,
    "number": _number,
    "array": _list,
    "object": _mapping,
}


def parse_boolean(text: str) -> bool | None:
    """Return True, False, or None for a word that is neither; letter case and blanks around do not matter."""
    word = text.strip().lower()
    return True if word in TRUE_WORDS else False if word in FALSE_WORDS else None


def word_as_boolean(value: Any) -> Any:
    """Parse the text of a variable; leave anything else."""
    return parse_boolean(value) if isinstance(value, str) else value


def json_value(value: Any) -> Any:
    """Parse text as JSON; leave anything else. Raises ValueError that tells the place and quotes nothing."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        raise ValueError(f"not valid JSON at {place}: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("not valid JSON: a number or the nesting is too large") from error


def list_items(value: Any) -> Any:
    """Split text at commas, or parse it as a JSON array if it starts like one; leave anything else."""
    if not isinstance(value, str) or value.lstrip().startswith("["):
        return json_value(value)
    return [item.strip() for item in value.split(",") if item.strip()]


def lower_case(value: Any) -> Any:
    """Ignore the letter case of a choice."""
    return value.strip().lower() if isinstance(value, str) else value


def is_quoted(value: Any) -> bool:
    """Whether text stands in quotes."""
    return isinstance(value, str) and len(value) > 1 and value[0] in "\"'" and value[0] == value[-1]
