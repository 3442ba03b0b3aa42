"""The sources of settings: each gives a raw value for some of the options, and tells where it stands."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import Mapping, NamedTuple

from sentry_asgi_autoconf.console import printable, shown
from sentry_asgi_autoconf.exceptions import AutoconfError, UnreadableSecretError
from sentry_asgi_autoconf.provenance import ENVIRONMENT, Candidate, Origin
from sentry_asgi_autoconf.settings.option import Option


def environment(options: Mapping[str, Option], environ: Mapping[str, str]) -> dict[str, Candidate]:
    """Return the text of each variable, blanks around it stripped; blank text sets nothing."""
    texts = {name: environ.get(option.variable, "").strip() for name, option in options.items()}
    return {
        name: Candidate(text, Origin(options[name].variable, ENVIRONMENT))
        for name, text in texts.items()
        if text
    }


def secrets(
    options: Mapping[str, Option], directory: str | None, problems: list[AutoconfError]
) -> dict[str, Candidate]:
    """Return the text of each file that is named as a variable; one that cannot be read is a problem."""
    found: dict[str, Candidate] = {}
    for name, option in options.items() if directory else ():
        try:
            file = read_secret(str(directory), option.variable)
        except UnreadableSecretError as error:
            problems.append(error)
            continue
        if file:
            found[name] = Candidate(file.text, Origin(option.variable, file.path))
    return found


def without_blanks(values: Mapping[str, Candidate]) -> dict[str, Candidate]:
    """Return the values of a file; blank text sets nothing."""
    return {
        name: candidate
        for name, candidate in values.items()
        if not (isinstance(candidate.value, str) and not candidate.value.strip())
    }


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
