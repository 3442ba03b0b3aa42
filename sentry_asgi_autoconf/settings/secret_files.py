"""Read settings that are mounted as files, one a variable."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import NamedTuple

from sentry_asgi_autoconf.exceptions import UnreadableSecretError
from sentry_asgi_autoconf.shown_values import printable, shown

DIRECTORY_VARIABLE = "SENTRY_ASGI_SECRETS_DIR"


class SecretFile(NamedTuple):
    """A file of the secrets directory and its text, blanks around it stripped."""

    path: str
    text: str


def check_directory(directory: str) -> None:
    """Raise UnreadableSecretError unless `directory` is one."""
    try:
        found = Path(directory).is_dir()
    except (OSError, ValueError):
        found = False
    if not found:
        raise UnreadableSecretError(
            f"{DIRECTORY_VARIABLE}={shown(directory)} is not a directory that can be read",
            remedy="Mount the secrets there, or unset the variable.",
        )


def read_secret(directory: str, variable: str) -> SecretFile | None:
    """Read the file named as the variable, in upper or lower case; None if there is neither, or it is blank.

    Raises UnreadableSecretError.
    """
    for name in (variable, variable.lower()):
        path = Path(directory, name)
        try:
            text = _regular_file_text(path)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
            raise UnreadableSecretError(
                f"the file {printable(str(path), 200)} cannot be read: {reason}",
                remedy="Make it a text file that the server's user may read, or remove it.",
            ) from error
        if text:
            return SecretFile(str(path), text)
    return None


def _regular_file_text(path: Path) -> str:
    # A pipe would make the server wait for ever.
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "it is not a regular file")
    return path.read_text(encoding="utf-8-sig").strip()
