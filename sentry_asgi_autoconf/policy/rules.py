"""For whom a part of a policy holds, and until when: services by what they are, a share of the hosts."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from datetime import datetime
from fnmatch import fnmatchcase
from platform import node as platform_node
from typing import TYPE_CHECKING, Any, Mapping, NamedTuple, Sequence

from sentry_asgi_autoconf.console import printable, shown
from sentry_asgi_autoconf.settings import files, sources
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS
from sentry_asgi_autoconf.settings.own import OWN_SETTINGS
from sentry_asgi_autoconf.settings.sources import Table, choose, environment

if TYPE_CHECKING:
    from sentry_asgi_autoconf.import_strings import Package

# What a rule may ask of a process, in the order of a rule's name.
FACTS = ("app", "environment", "host", "namespace", "release")
TAGS, PERCENT, UNTIL = "tags", "percent", "until"
# Where Kubernetes tells each container its namespace.
_NAMESPACE_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/namespace"
# Of a share: one host in a thousand is the least.
_PLACES = 100_000
_ZULU = re.compile(r"[zZ]\Z")


class Facts(NamedTuple):
    """What a process is, as its settings below all policies say; text is empty where nothing is known."""

    app: str = ""
    environment: str = ""
    host: str = ""
    namespace: str = ""
    release: str = ""
    tags: Mapping[str, str] = {}


def facts_of(environ: Mapping[str, str], app: str | None, package: Package | None, config: Table) -> Facts:
    """Return what a process of these variables, this app and this config file is, as the layers below its policies say.

    `package` is the app's, if that is known.
    """
    labels = {name: SDK_OPTIONS[name] for name in ("environment", "release", "server_name")}
    platform = sources.platform_options(environ, package, list(labels))
    said = choose(labels, [environment(labels, environ), config.options, platform]).values
    option = {"tags": OWN_SETTINGS["tags"]}
    told = sources.platform_tags(environ)
    tags: dict[str, str] = {}
    for layer in ({"tags": told} if told else {}, config.own, environment(option, environ)):
        tags.update(choose(option, [layer]).values.get("tags", {}))
    namespace = environ.get("POD_NAMESPACE", "").strip() or _text_of(_NAMESPACE_FILE)
    host = said.get("server_name") or platform_node()
    return Facts(app or "", said.get("environment", ""), host, namespace, said.get("release", ""), tags)


def _text_of(path: str) -> str:
    with suppress(OSError, ValueError):
        return files.file_text(path).strip()
    return ""


class Matcher(NamedTuple):
    """What a rule asks: globs by fact, of which one is to match, globs by tag, and the share of the hosts."""

    globs: Mapping[str, Sequence[str]] = {}
    tags: Mapping[str, Sequence[str]] = {}
    percent: float | None = None

    def matches(self, facts: Facts) -> bool:
        """Whether a process is one that the rule is for; what is not known of it matches nothing."""
        asked = [(getattr(facts, name), globs) for name, globs in self.globs.items()]
        asked += [(facts.tags.get(name, ""), globs) for name, globs in self.tags.items()]
        is_one = all(text and any(fnmatchcase(text, glob) for glob in globs) for text, globs in asked)
        return is_one and (self.percent is None or share_of(facts.host) < self.percent)

    @property
    def specificity(self) -> tuple[int, int]:
        """Return how many things the rule asks, and how many of them by plain text."""
        asked = [*self.globs.values(), *self.tags.values()]
        is_plain = [not any(set("*?[").intersection(glob) for glob in globs) for globs in asked]
        return len(asked), sum(is_plain)

    def __str__(self) -> str:
        """Return `environment=staging, tags.team=shop, percent=10`."""
        asked = [(name, "|".join(globs)) for name, globs in sorted(self.globs.items())]
        asked += [(f"{TAGS}.{name}", "|".join(globs)) for name, globs in sorted(self.tags.items())]
        asked += [] if self.percent is None else [(PERCENT, f"{self.percent:g}")]
        return ", ".join(f"{name}={printable(text)}" for name, text in asked)


def share_of(host: str) -> float:
    """Return a host's place among all, from 0 up to 100: the same in every process, policy and release."""
    return (
        int(hashlib.sha256(host.encode("utf-8", "replace")).hexdigest()[:12], 16) % _PLACES / (_PLACES / 100)
    )


def matcher(asked: Mapping[str, Any]) -> Matcher:
    """Read what a rule asks. Raises ValueError, with the reason and the key that it is about."""
    globs = {name: _globs(asked[name], name) for name in FACTS if name in asked}
    tags = asked.get(TAGS, {})
    if not isinstance(tags, Mapping):
        raise ValueError("it is not a table of globs by tag", TAGS)
    by_tag = {str(name): _globs(given, TAGS) for name, given in tags.items()}
    return Matcher(globs, by_tag, percent(asked[PERCENT]) if PERCENT in asked else None)


def percent(value: Any) -> float:
    """Read a share of the hosts. Raises ValueError."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not (is_number and 0 <= value <= 100):
        raise ValueError(f"{shown(value)} is not a number from 0 to 100", PERCENT)
    return float(value)


def _globs(value: Any, name: str) -> Sequence[str]:
    globs = [value] if isinstance(value, str) else value
    if not (isinstance(globs, list) and globs and all(isinstance(each, str) and each for each in globs)):
        raise ValueError(f"{shown(value)} is not a glob, nor a list of them", name)
    return globs


def moment(value: Any) -> float:
    """Read a date with time and zone, TOML's own or as text, as seconds since the epoch. Raises ValueError."""
    found = value
    if isinstance(value, str):
        try:
            found = datetime.fromisoformat(_ZULU.sub("+00:00", value.strip()))
        except ValueError:
            found = None
    if not isinstance(found, datetime):
        raise ValueError(f"{shown(value)} is not a date with time, such as 2026-12-01T00:00:00Z", UNTIL)
    if found.tzinfo is None:
        raise ValueError(f"{shown(value)} has no zone: write it like 2026-12-01T00:00:00Z", UNTIL)
    try:
        return found.timestamp()
    except (OverflowError, ValueError):
        raise ValueError(f"{shown(value)} is beyond all dates", UNTIL) from None
