"""What a destination is: each way out of a process for what it reports, and the URL that it leads to."""

from __future__ import annotations

from typing import Any, Mapping

from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import UnknownSettingError, UnreadableSecretError
from sentry_asgi_autoconf.settings.sources import DIRECTORY_VARIABLE
from sentry_asgi_autoconf.settings.values import FALSE_WORDS

# Each of these is enough for something to be sent.
SUFFICIENT = ("dsn", "spotlight")
PROXIES = ("http_proxy", "https_proxy")
# All that may lead elsewhere. A transport and integrations bring destinations of their own.
WAYS_OUT = (*SUFFICIENT, *PROXIES, "transport", "integrations")
# Where a way out has no rule of its own, that of another one holds.
RULES: Mapping[str, tuple[str, ...]] = {
    "spotlight": ("spotlight", "dsn"),
    "http_proxy": ("http_proxy", "https_proxy"),
    "https_proxy": ("https_proxy", "http_proxy"),
}
NOWHERE = "neither SENTRY_DSN nor SENTRY_SPOTLIGHT is set"
# Where the SDK expects it, if it is told no more than that there is one.
USUAL_SPOTLIGHT = "http://localhost:8969/stream"


def is_sent(arguments: Mapping[str, Any]) -> bool:
    """Whether a client of these arguments of init's sends anything."""
    return any(arguments.get(name) for name in SUFFICIENT)


def url(name: str, value: Any) -> Any:
    """Return the URL to which an option's value leads; of any other option, the value."""
    if name == "spotlight" and not isinstance(value, str):
        return USUAL_SPOTLIGHT
    if name in ("spotlight", *PROXIES) and isinstance(value, str) and "://" not in value:
        return f"http://{value}"  # as the SDK's HTTP library reads it
    return value


def is_nowhere(name: str, value: Any) -> bool:
    """Whether an option's value says that nothing is sent that way."""
    return name in (*SUFFICIENT, *PROXIES) and not value


def proxy_of_environment(name: str) -> str | None:
    """Return the proxy that the SDK finds by itself where this option does not say one."""
    from urllib.request import getproxies  # the SDK imports it, an inactive process need not

    return getproxies().get(name.partition("_")[0])


def is_readable_by_proxies(arguments: Mapping[str, Any]) -> bool:
    """Whether a proxy could read what is sent to the DSN, which is no secret to it without TLS."""
    dsn = arguments.get("dsn")
    return isinstance(dsn, str) and dsn.strip().lower().startswith("http:")


def has_destination(environ: Mapping[str, str]) -> bool:
    """Whether a DSN or Spotlight is set, valid or not."""
    try:
        return (
            bool(_text(environ, "SENTRY_DSN"))
            or _text(environ, "SENTRY_SPOTLIGHT").lower() not in FALSE_WORDS | {""}
            or any(map(_text(environ, "SENTRY_OPTIONS_JSON").__contains__, SUFFICIENT))
        )
    except UnreadableSecretError:
        return (
            True  # what it would have said is unknown; whoever set it is told so once the settings are loaded
        )


def _text(environ: Mapping[str, str], variable: str) -> str:
    """Return the variable's text from the highest source that has one, or nothing."""
    text = environ.get(variable, "").strip()
    directory = environ.get(DIRECTORY_VARIABLE, "").strip()
    if text or not directory:
        return text
    from sentry_asgi_autoconf.settings.files import check_directory, read_secret

    check_directory(directory)
    secret = read_secret(directory, variable)
    return str(secret.value) if secret else ""


def misspelt(environ: Mapping[str, str]) -> list[UnknownSettingError]:
    """Return a problem for each variable that is nearly called SENTRY_DSN."""
    names = sorted(name for name, value in environ.items() if value.strip() and is_nearly_dsn(name))
    remedy = "Did you mean SENTRY_DSN?"
    return [UnknownSettingError(f"{printable(name)} is not a setting", remedy=remedy) for name in names]


def is_nearly_dsn(name: str) -> bool:
    """Whether a variable's name is SENTRY_DSN but for one typo, letter case and what separates its words."""
    letters = "".join(filter(str.isalnum, name.upper()))
    return name != "SENTRY_DSN" and (letters == "SENTRYDSNURL" or _is_one_typo(letters, "SENTRYDSN"))


def _is_one_typo(word: str, right: str) -> bool:
    """Whether there is one letter more, less or other, or two the wrong way round, at most."""
    begin = _alike(word, right)
    word, right = word[begin:], right[begin:]
    end = _alike(word[::-1], right[::-1])
    word, right = word[: len(word) - end], right[: len(right) - end]
    return max(len(word), len(right)) <= 1 or (len(word) == 2 and word == right[::-1])


def _alike(one: str, other: str) -> int:
    """Return how many letters at the beginning are the same."""
    pairs = enumerate(zip(one, other))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))
