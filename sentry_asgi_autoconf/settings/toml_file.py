"""Read a TOML file, and know the line of each key."""

from __future__ import annotations

import re
import sys
from typing import Any, Sequence

from sentry_asgi_autoconf.settings.sources import file_text

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
_PYTHON_S_KEY = re.compile(r"\('[^)]*\)")
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")


class TomlFile:
    """A file's content, and where in it a key stands."""

    def __init__(self, path: str) -> None:
        """Read the file. Raises OSError or ValueError, with a reason that quotes nothing of the file."""
        self.path = path
        self.text = file_text(path)
        self.content = _parsed(self.text)
        self._lines: dict[tuple[str, ...], int] | None = None

    def place(self, keys: Sequence[str]) -> str:
        """Return `file:line` of a key, given by the tables above it and its own name."""
        if self._lines is None:
            self._lines = _lines(self.text)
        for length in range(len(keys), 0, -1):
            line = self._lines.get(tuple(keys[:length]))
            if line is not None:
                return f"{self.path}:{line}"
        return self.path


def _parsed(text: str) -> dict[str, Any]:
    try:
        if sys.version_info >= (3, 11):
            import tomllib
        else:
            import tomli as tomllib
    except ImportError as error:
        raise ValueError("TOML needs the package tomli on this Python") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"it is not valid TOML: {_where(error)}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not valid TOML: a number or the nesting is too large") from error


def _where(error: Exception) -> str:
    # The parser's message may quote a character or a key, never a value.
    message = _PYTHON_S_KEY.sub(
        lambda key: "[" + ".".join(re.findall("'([^']*)'", key.group())) + "]", str(error)
    )
    return message[:1].lower() + message[1:]


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """Return the line of each key that begins one; keys of inline tables have none of their own.

    A table of several under one name has its number, from 0, behind the name.
    """
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    several: dict[tuple[str, ...], int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        key = None if header else _KEY.match(line)
        if header:
            brackets, name = header.groups()
            table = _split(name)
            if brackets == "[[":
                found.setdefault(table, number)
                several[table] = several.get(table, -1) + 1
            table = next(
                (
                    (*begun, str(count), *table[len(begun) :])
                    for begun, count in several.items()
                    if table[: len(begun)] == begun
                ),
                table,
            )
            found.setdefault(table, number)
        elif key:
            parts = _split(key.group(1))
            for length in range(1, len(parts) + 1):
                found.setdefault((*table, *parts[:length]), number)
    return found


def _split(dotted: str) -> tuple[str, ...]:
    return tuple("".join(groups) for groups in _PART.findall(dotted))
