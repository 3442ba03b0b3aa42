"""Read a file of variables, as servers and containers are given one, with the line of each."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import AutoconfError


class EnvFileError(AutoconfError):
    """A file of variables that cannot be read, or a line of it that sets nothing."""

    slug = "invalid-env-file"


class EnvFile(NamedTuple):
    """Variables, the place `file:line` of each, and what cannot be read of the file."""

    variables: dict[str, str]
    places: dict[str, str]
    problems: list[AutoconfError]


def read(path: str) -> EnvFile:
    """Read the file as python-dotenv does, without interpolation; what cannot be read is a problem. Raises nothing."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
        reason = "it is not text" if "\0" in text else ""  # which no environment can hold
    except UnicodeDecodeError:
        reason = "it is not UTF-8 text"
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it cannot be opened"
    if not reason:
        return _parse(text, path)
    what = f"{printable(path, 200)} cannot be read: {reason}"
    remedy = "Name a file of lines NAME=value; until then no variable counts as set."
    return EnvFile({}, {}, [EnvFileError(what, remedy=remedy)])


def _parse(text: str, path: str) -> EnvFile:
    from dotenv.parser import parse_stream

    file = EnvFile({}, {}, [])
    for binding in parse_stream(io.StringIO(text)):
        # Blank lines count to the variable that follows them.
        source = binding.original.string
        line = binding.original.line + source[: len(source) - len(source.lstrip())].count("\n")
        place = f"{path}:{line}"
        if binding.error:
            # The line is not quoted, as it may hold a secret.
            what = f"{printable(place, 200)} is not of the form NAME=value"
            remedy = "Correct the line, or start it with # if it is a comment."
            file.problems.append(EnvFileError(what, remedy=remedy))
        elif binding.key and binding.value is not None:
            file.variables[binding.key], file.places[binding.key] = binding.value, place
        elif binding.key and binding.key.startswith("SENTRY_"):
            what = f"{printable(binding.key)} has no value at {printable(place, 200)}"
            remedy = "Write NAME=value: docker would take the value from its own environment, which is not known here."
            file.problems.append(EnvFileError(what, remedy=remedy))
    return file
