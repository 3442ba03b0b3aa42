"""Read text as the types of the settings do, without pydantic, which takes longer to import than the SDK.

Each function gives what the type of the model gives of the same text. It raises ValueError for what only the model can
tell, and for what the model refuses: the words for that are the model's.
"""

from __future__ import annotations

import re
from typing import Callable

from sentry_asgi_autoconf.settings import texts

# No sign, no exponent, no digits of other scripts, and not so many that parsers might differ.
_WHOLE = re.compile(r"(?:0|[1-9][0-9]{0,14})\Z")
_DECIMAL = re.compile(r"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,15})?\Z")


def text(value: str) -> str:
    """Take the text as it is."""
    value.encode()  # raises for bytes that were not UTF-8, as no str of the model's may hold them
    if texts.is_quoted(value):
        raise ValueError
    return value


def boolean(value: str) -> bool:
    """Read a boolean as people write them."""
    return bool(texts.boolean(value))


def count(value: str) -> int:
    """Read a whole number, 0 or greater."""
    return int(_matching(_WHOLE, value))


def seconds(value: str) -> float:
    """Read a number, 0 or greater."""
    return float(_matching(_DECIMAL, value))


def rate(value: str) -> float:
    """Read a number from 0 to 1."""
    number = seconds(value)
    if number > 1:
        raise ValueError
    return number


def names(value: str) -> list[str]:
    """Split text at commas; an array is JSON."""
    if value.startswith("["):
        raise ValueError
    return [text(item) for item in texts.text_items(value)]


def choice(*choices: str) -> Callable[[str], str]:
    """Give what reads one of these words, in any letter case."""

    def read(value: str) -> str:
        word: str = texts.lower_case(value)
        if word not in choices:
            raise ValueError
        return word

    return read


def _matching(pattern: re.Pattern[str], value: str) -> str:
    if not pattern.match(value):
        raise ValueError
    return value
