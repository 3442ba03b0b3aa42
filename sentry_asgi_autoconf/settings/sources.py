"""The sources of settings: each gives a raw value for some of the options, and tells where it stands."""

from __future__ import annotations

from typing import Mapping

from sentry_asgi_autoconf.exceptions import AutoconfError, UnreadableSecretError
from sentry_asgi_autoconf.origin import ENVIRONMENT, Origin
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.option import Option
from sentry_asgi_autoconf.settings.secret_files import read_secret


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
