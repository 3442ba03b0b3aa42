"""Read a TOML file, and know the line of each key."""

from __future__ import annotations

import re
import stat
import sys
from pathlib import Path
from typing import Any, Sequence

from sentry_asgi_autoconf.console import printable

# A policy of a few dozen lines is normal; what is larger by far is another file.
LARGEST = 1024 * 1024
_HEADER = re.compile(r"\s*\[\[?\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
_PYTHON_S_KEY = re.compile(r"\('[^)]*\)")
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")


class TomlFile:
    """A file's content, and where in it a key stands."""

    def __init__(self, path: str) -> None:
        """Read the file. Raises OSError or ValueError, with a reason that quotes nothing of the file."""
        self.path = path
        self._text = _text(path)
        self.content = _parsed(self._text)
        self._lines: dict[tuple[str, ...], int] | None = None

    def place(self, keys: Sequence[str]) -> str:
        """Give `file:line` of a key, given by the tables above it and its own name."""
        if self._lines is None:
            self._lines = _lines(self._text)
        for length in range(len(keys), 0, -1):
            line = self._lines.get(tuple(keys[:length]))
            if line is not None:
                return f"{self.path}:{line}"
        return self.path


def reason(error: Exception) -> str:
    """Say why a file cannot be read."""
    if isinstance(error, OSError):
        return error.strerror or "it cannot be opened"
    return printable(str(error), 200)


def _text(path: str) -> str:
    status = Path(path).stat()
    # A pipe would make the server wait for ever.
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a regular file")
    if status.st_size > LARGEST:
        raise ValueError(f"it is larger than {LARGEST // 1024} KiB")
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8 text") from error


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
        raise ValueError(f"it is no valid TOML: {_where(error)}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("it is no valid TOML: a number or the nesting is too large") from error


def _where(error: Exception) -> str:
    # The parser's message may quote a character or a key, never a value.
    message = _PYTHON_S_KEY.sub(
        lambda key: "[" + ".".join(re.findall("'([^']*)'", key.group())) + "]", str(error)
    )
    return message[:1].lower() + message[1:]


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """Give the line of each key that begins one; keys of inline tables have none of their own."""
    found: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        key = None if header else _KEY.match(line)
        if header:
            table = _split(header.group(1))
            found.setdefault(table, number)
        elif key:
            parts = _split(key.group(1))
            for length in range(1, len(parts) + 1):
                found.setdefault((*table, *parts[:length]), number)
    return found


def _split(dotted: str) -> tuple[str, ...]:
    return tuple("".join(groups) for groups in _PART.findall(dotted))
