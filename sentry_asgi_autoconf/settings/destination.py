"""Tell whether there is anywhere to send to, before anything costly is imported."""

from __future__ import annotations

from typing import Mapping

from sentry_asgi_autoconf.destinations import SUFFICIENT
from sentry_asgi_autoconf.exceptions import UnreadableSecretError
from sentry_asgi_autoconf.settings.booleans import FALSE_WORDS
from sentry_asgi_autoconf.settings.secret_files import DIRECTORY_VARIABLE, check_directory, read_secret


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
