"""Files that hold settings: secrets, one to a file, and TOML, where the line of each key is known."""

from __future__ import annotations

import importlib
import os
import re
import stat
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.console import printable, shown
from sentry_asgi_autoconf.exceptions import AutoconfError, UnreadableSecretError
from sentry_asgi_autoconf.provenance import Candidate, Origin
from sentry_asgi_autoconf.settings.sources import DIRECTORY_VARIABLE

if TYPE_CHECKING:
    from sentry_asgi_autoconf.settings.kinds import Option

# A policy of a few dozen lines is normal; what is larger by far is another file.
_LARGEST = 1024 * 1024
_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"\s*((?:[\w-]+|\"[^\"]*\"|'[^']*')(?:\s*\.\s*(?:[\w-]+|\"[^\"]*\"|'[^']*'))*)\s*=")
_PYTHON_S_KEY = re.compile(r"\('[^)]*\)")
_PART = re.compile(r"\"([^\"]*)\"|'([^']*)'|([\w-]+)")


def file_text(path: str) -> str:
    """Read a file. Raises OSError or ValueError, with a reason that quotes nothing of it."""
    # Opened without this flag, a pipe would make the server wait for ever.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(0, "it is not a regular file")
    with open(descriptor, encoding="utf-8-sig") as file:  # noqa: PTH123 (a descriptor has no path)
        try:
            text = file.read(_LARGEST + 1)
        except UnicodeDecodeError as error:
            raise ValueError("it is not UTF-8 text") from error
    if len(text) > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST // 1024} KiB")
    return text


def reason(error: Exception) -> str:
    """Say why a file cannot be read."""
    if isinstance(error, OSError):
        return error.strerror or "it cannot be opened"
    return printable(str(error), 200)


def secrets(
    options: Mapping[str, Option], directory: str, problems: list[AutoconfError]
) -> dict[str, Candidate]:
    """Return the text of each file of the directory; what cannot be read is a problem."""
    try:
        check_directory(directory)
    except UnreadableSecretError as error:
        problems.append(error)
        return {}
    found = {}
    for name, option in options.items():
        try:
            candidate = read_secret(directory, option.variable)
            if candidate:
                found[name] = candidate
        except UnreadableSecretError as error:
            problems.append(error)
    return found


def check_directory(directory: str) -> None:
    """Raise UnreadableSecretError unless `directory` is one."""
    try:
        is_directory = Path(directory).is_dir()
    except (OSError, ValueError):
        is_directory = False
    if not is_directory:
        what = f"{DIRECTORY_VARIABLE}={shown(directory)} is not a directory that can be read"
        raise UnreadableSecretError(what, remedy="Mount the secrets there, or unset the variable.")


def read_secret(directory: str, variable: str) -> Candidate | None:
    """Read the file named as the variable, in upper or lower case; None if it is missing or blank."""
    for name in (variable, variable.lower()):
        path = str(Path(directory, name))
        try:
            _refuse_planted(Path(path))
            text = file_text(path).strip()
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            what = f"the file {printable(path, 200)} cannot be read: {reason(error)}"
            remedy = "Make it a text file that the server's user may read, or remove it."
            raise UnreadableSecretError(what, remedy=remedy) from error
        if text:
            return Candidate(text, Origin(variable, path))
    return None


def _refuse_planted(path: Path) -> None:
    """Raise OSError for what another user may have put there: settings name functions that this process will call."""
    parent = path.parent.stat()
    if hasattr(os, "getuid") and parent.st_mode & stat.S_IWOTH:
        owners = {path.lstat().st_uid, path.stat().st_uid}
        # Kubernetes mounts a Secret as a directory that anybody may write to, and whose files are root's.
        if not owners <= {0, os.getuid(), parent.st_uid}:
            raise OSError(0, "it belongs to another user, and anybody may write to its directory")


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
            tomllib = _tomli()
    except ImportError as error:
        raise ValueError("TOML needs the package tomli on this Python") from error
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"it is not valid TOML: {_where(error)}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not valid TOML: a number or the nesting is too large") from error


def _tomli() -> Any:
    """Import tomli; a bundle's lies aside, where the app finds no more of it than without us. Raises ImportError."""
    with suppress(ImportError):
        return importlib.import_module("tomli")
    aside = entry_points.directories_aside()
    sys.path += aside
    try:
        return importlib.import_module("tomli")
    finally:
        sys.path[:] = [entry for entry in sys.path if entry not in aside]
        for name in [name for name in sys.modules if name.partition(".")[0] == "tomli"]:
            del sys.modules[name]


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
