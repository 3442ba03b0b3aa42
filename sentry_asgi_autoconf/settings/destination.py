"""Tell whether there is anywhere to send to, before anything costly is imported."""

from __future__ import annotations

from typing import Mapping

from sentry_asgi_autoconf.destinations import SUFFICIENT
from sentry_asgi_autoconf.exceptions import UnknownSettingError, UnreadableSecretError
from sentry_asgi_autoconf.settings.booleans import FALSE_WORDS
from sentry_asgi_autoconf.settings.secret_files import DIRECTORY_VARIABLE, check_directory, read_secret
from sentry_asgi_autoconf.shown_values import printable


def has_destination(environ: Mapping[str, str]) -> bool:
    """Whether a DSN or Spotlight is set, valid or not.

    A secrets directory or file that cannot be read counts as one: what it would have said is unknown, and the
    person who set it is told so once the settings are loaded.
    """
    try:
        return (
            bool(_text(environ, "SENTRY_DSN"))
            or _text(environ, "SENTRY_SPOTLIGHT").lower() not in FALSE_WORDS | {""}
            or _mentions_destination(_text(environ, "SENTRY_OPTIONS_JSON"))
        )
    except UnreadableSecretError:
        return True


def _text(environ: Mapping[str, str], variable: str) -> str:
    """Give the variable's text from the highest source that has one, or nothing."""
    text = environ.get(variable, "").strip()
    directory = environ.get(DIRECTORY_VARIABLE, "").strip()
    if text or not directory:
        return text
    check_directory(directory)
    file = read_secret(directory, variable)
    return file.text if file else ""


def _mentions_destination(options_json: str) -> bool:
    return any(name in options_json for name in SUFFICIENT)


def misspelt(environ: Mapping[str, str]) -> list[UnknownSettingError]:
    """Give a problem for each variable that is nearly called SENTRY_DSN."""
    names = (name for name, value in environ.items() if value.strip() and is_nearly_dsn(name))
    return [
        UnknownSettingError(f"{printable(name)} is not a setting", remedy="Did you mean SENTRY_DSN?")
        for name in sorted(names)
    ]


def is_nearly_dsn(name: str) -> bool:
    """Whether a variable's name is SENTRY_DSN but for one slip, letter case and what separates its words."""
    letters = "".join(filter(str.isalnum, name.upper()))
    return name != "SENTRY_DSN" and (letters == "SENTRYDSNURL" or _is_one_slip(letters, "SENTRYDSN"))


def _is_one_slip(word: str, right: str) -> bool:
    """Whether there is one letter more, less or other, or two the wrong way round, at most."""
    begin = _alike(word, right)
    word, right = word[begin:], right[begin:]
    end = _alike(word[::-1], right[::-1])
    word, right = word[: len(word) - end], right[: len(right) - end]
    return max(len(word), len(right)) <= 1 or (len(word) == 2 and word == right[::-1])


def _alike(one: str, other: str) -> int:
    """Give how many letters at the beginning are the same."""
    pairs = enumerate(zip(one, other))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
