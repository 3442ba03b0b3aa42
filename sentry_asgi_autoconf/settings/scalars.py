"""Read what text, JSON and TOML hold as Python's types: the rules are pydantic's, without its import.

Each function takes one value and raises MismatchError.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Callable, Mapping

from sentry_asgi_autoconf.console import printable

# Blanks as Unicode has them, without the separators that Python's strip takes for some.
_BLANKS = "\t\n\v\f\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_WHOLE = re.compile(rf"[{_BLANKS}]*([+-]?[0-9]+(?:_[0-9]+)*)(?:\.0+)?[{_BLANKS}]*\Z")
_DECIMAL = re.compile(rf"[{_BLANKS}]*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)[{_BLANKS}]*\Z")
_MISPLACED_UNDERSCORE = re.compile(rf"\A[{_BLANKS}]*_|__|_[{_BLANKS}]*\Z")
_MOST_DIGITS = 4300
_LARGEST_FLOAT = 2.0**63  # that is taken for a whole number
_TRUE = frozenset(("1", "on", "t", "true", "y", "yes"))
_FALSE = frozenset(("0", "off", "f", "false", "n", "no"))
_NO_NUMBER = "it is no number"
_NO_WHOLE_NUMBER = "it is no whole number"
_NO_BOOLEAN = "it is neither true nor false"
_NOT_VALID = "it is not valid"


class MismatchError(ValueError):
    """A value of another type than its kind has, or a part of one, to which `steps` lead.

    Of a whole value nothing is said: what its kind allows says it all.
    """

    def __init__(self, reason: str, *steps: object) -> None:
        """Keep them."""
        super().__init__(reason)
        self.reason = reason
        self.steps = steps

    def __str__(self) -> str:
        """Return the reason of a part, and nothing of a whole value."""
        return f"{'.'.join(printable(str(step)) for step in self.steps)}: {self.reason}" if self.steps else ""


def part(step: object, read: Callable[[Any], Any], value: Any) -> Any:
    """Read the part of a value to which `step` leads."""
    try:
        return read(value)
    except MismatchError as error:
        raise MismatchError(error.reason, step, *error.steps) from None


def text(value: Any) -> str:
    """Take text as it is."""
    if not isinstance(value, str):
        raise MismatchError("it is no text")
    return value


def boolean(value: Any) -> bool:
    """Read true or false, 1 or 0, and the commonest words for them."""
    if isinstance(value, str):
        word = value.lower()
        if word not in _TRUE | _FALSE:
            raise MismatchError(_NO_BOOLEAN if _is_utf8(value) else _NOT_VALID)
        return word in _TRUE
    if not isinstance(value, (int, float)) or value not in (0, 1):
        raise MismatchError(_NO_BOOLEAN)
    return bool(value)


def whole_number(value: Any) -> int:
    """Read a whole number, 0 or greater."""
    number = _whole_number(value)
    if number < 0:
        raise MismatchError("it is less than 0")
    return number


def number(value: Any) -> float:
    """Read a finite number, 0 or greater."""
    found = _number(value)
    if not math.isfinite(found) or found < 0:
        raise MismatchError(_NO_NUMBER)
    return found


def rate(value: Any) -> float:
    """Read a number from 0 to 1."""
    found = number(value)
    if found > 1:
        raise MismatchError(_NO_NUMBER)
    return found


def choice(*words: str) -> Callable[[Any], str]:
    """Return what reads one of these words."""
    quoted = [repr(word) for word in words]
    expected = f"{', '.join(quoted[:-1])} or {quoted[-1]}"

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            raise MismatchError(f"it is not one of {expected}")
        return value

    return read


def texts(value: Any) -> list[str]:
    """Read a list of texts."""
    if not isinstance(value, (list, tuple)):
        raise MismatchError("it is no list")
    return [part(index, text, item) for index, item in enumerate(value)]


def mapping(value: Any) -> dict[str, Any]:
    """Read a mapping."""
    if not isinstance(value, Mapping):
        raise MismatchError("it is no mapping")
    return dict(value)


def texts_by_key(value: Any) -> dict[str, str]:
    """Read a mapping of texts."""
    return {key: part(key, text, item) for key, item in mapping(value).items()}


def _whole_number(value: Any) -> int:
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value) or (value.is_integer() and not abs(value) < _LARGEST_FLOAT):
            raise MismatchError(_NOT_VALID)
        if not value.is_integer():
            raise MismatchError(_NO_WHOLE_NUMBER)
        return int(value)
    match = _WHOLE.match(value) if isinstance(value, str) else None
    if match is None:
        raise MismatchError(_NO_WHOLE_NUMBER if not isinstance(value, str) or _is_utf8(value) else _NOT_VALID)
    sign, digits = _sign_and_digits(match.group(1))
    if len(digits) > _MOST_DIGITS:
        raise MismatchError(_NOT_VALID)
    return int(sign + digits)


def _sign_and_digits(literal: str) -> tuple[str, str]:
    sign = literal[0] if literal[0] in "+-" else ""
    return sign, literal[len(sign) :].replace("_", "").lstrip("0") or "0"


def _number(value: Any) -> float:
    if isinstance(value, str):
        match = None if _MISPLACED_UNDERSCORE.search(value) else _DECIMAL.match(value.replace("_", ""))
        if match is None:
            raise MismatchError(_NO_NUMBER)
        return float(match.group(1))
    if not isinstance(value, (int, float)):
        raise MismatchError(_NO_NUMBER)
    try:
        return float(value)
    except OverflowError:
        raise MismatchError(_NO_NUMBER) from None


def _is_utf8(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


# At least every word that the SDK takes for its own variables.
TRUE_WORDS = frozenset(("true", "t", "yes", "y", "on", "1", "enable", "enabled"))
FALSE_WORDS = frozenset(("false", "f", "no", "n", "off", "0", "disable", "disabled"))


def parse_boolean(text: str) -> bool | None:
    """Give True, False, or None for a word that is neither; letter case and blanks around do not matter."""
    word = text.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    return None


def parse_json(text: str) -> Any:
    """Parse JSON. Raises ValueError that tells the place and quotes nothing."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}" if error.lineno > 1 else f"column {error.colno}"
        raise ValueError(f"not valid JSON at {place}: {error.msg}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("not valid JSON: a number or the nesting is too large") from error


def json_value(value: Any) -> Any:
    """Parse text as JSON; leave anything else, which `SENTRY_OPTIONS_JSON` has parsed already."""
    return parse_json(value) if isinstance(value, str) else value


def list_items(value: Any) -> Any:
    """Split text at commas, or parse it as a JSON array if it starts like one."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("["):
        return parse_json(value)
    return [item.strip() for item in value.split(",") if item.strip()]


def items(value: Any) -> list[Any]:
    """Give the items of a list. Raises ValueError."""
    found = list_items(value)
    if not isinstance(found, list):
        raise ValueError("it is no list")
    return found


def stripped(value: Any) -> str:
    """Give text, or a number's text, without blanks around it. Raises ValueError."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise ValueError("it is not text")
    return value.strip()


def text_items(value: Any) -> list[str]:
    """Give the items of a list of texts. Raises ValueError."""
    return [stripped(item) for item in items(value)]


def boolean_of_text(value: Any) -> Any:
    """Read a boolean as people write them. Raises ValueError."""
    if not isinstance(value, str):
        return value
    parsed = parse_boolean(value)
    if parsed is None:
        raise ValueError
    return parsed


def lower_case(value: Any) -> Any:
    """Ignore the letter case of a choice."""
    return value.strip().lower() if isinstance(value, str) else value


def is_quoted(value: Any) -> bool:
    """Whether text stands in quotes."""
    return isinstance(value, str) and len(value) > 1 and value[0] in "\"'" and value[0] == value[-1]
