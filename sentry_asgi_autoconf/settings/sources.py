"""The sources of settings: each gives a raw value for some of the options, and tells where it stands."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple

from sentry_asgi_autoconf.console import printable, shown
from sentry_asgi_autoconf.exceptions import AutoconfError, UnreadableSecretError
from sentry_asgi_autoconf.provenance import ENVIRONMENT, Candidate, Origin

if TYPE_CHECKING:
    from sentry_asgi_autoconf.settings.kinds import Option

DIRECTORY_VARIABLE = "SENTRY_ASGI_SECRETS_DIR"
# A policy of a few dozen lines is normal; what is larger by far is another file.
_LARGEST = 1024 * 1024


class Table(NamedTuple):
    """A table's values by field of SDK_OPTIONS and of OWN_SETTINGS, and options that only a newer SDK knows."""

    options: dict[str, Candidate]
    own: dict[str, Candidate]
    further: dict[str, Candidate]


NOTHING = Table({}, {}, {})


def is_blank(value: Any) -> bool:
    """Whether a value says nothing, and sets nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def environment(options: Mapping[str, Option], environ: Mapping[str, str]) -> dict[str, Candidate]:
    """Return the text of each variable, blanks around it stripped."""
    return {
        name: Candidate(environ[option.variable].strip(), Origin(option.variable, ENVIRONMENT))
        for name, option in options.items()
        if not is_blank(environ.get(option.variable))
    }


def secrets(
    options: Mapping[str, Option], directory: str, problems: list[AutoconfError]
) -> dict[str, Candidate]:
    """Return the text of each file of the directory, if one is named; what cannot be read is a problem."""
    found = {}
    try:
        check_directory(directory)
    except UnreadableSecretError as error:
        problems.append(error)
        return {}
    for name, option in options.items() if directory else ():
        try:
            candidate = read_secret(directory, option.variable)
        except UnreadableSecretError as error:
            problems.append(error)
        else:
            found.update({name: candidate} if candidate else {})
    return found


def check_directory(directory: str) -> None:
    """Raise UnreadableSecretError unless `directory` is one, or empty."""
    try:
        is_directory = not directory or Path(directory).is_dir()
    except (OSError, ValueError):
        is_directory = False
    if not is_directory:
        raise UnreadableSecretError(
            f"{DIRECTORY_VARIABLE}={shown(directory)} is not a directory that can be read",
            remedy="Mount the secrets there, or unset the variable.",
        )


def read_secret(directory: str, variable: str) -> Candidate | None:
    """Read the file named as the variable, in upper or lower case; None if there is neither, or it is blank.

    Raises UnreadableSecretError.
    """
    for name in (variable, variable.lower()):
        path = str(Path(directory, name))
        try:
            text = file_text(path).strip()
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise UnreadableSecretError(
                f"the file {printable(path, 200)} cannot be read: {reason(error)}",
                remedy="Make it a text file that the server's user may read, or remove it.",
            ) from error
        if text:
            return Candidate(text, Origin(variable, path))
    return None


def file_text(path: str) -> str:
    """Read a file. Raises OSError or ValueError, with a reason that quotes nothing of it."""
    status = Path(path).stat()
    # A pipe would make the server wait for ever.
    if not stat.S_ISREG(status.st_mode):
        raise OSError(0, "it is not a regular file")
    if status.st_size > _LARGEST:
        raise ValueError(f"it is larger than {_LARGEST // 1024} KiB")
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8 text") from error


def reason(error: Exception) -> str:
    """Say why a file cannot be read."""
    if isinstance(error, OSError):
        return error.strerror or "it cannot be opened"
    return printable(str(error), 200)
