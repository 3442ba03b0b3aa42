"""Which setting keeps us from a server or from an app."""

from __future__ import annotations

import os
import re
import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Iterator, Sequence

from sentry_asgi_autoconf.settings import formats

if TYPE_CHECKING:
    from sentry_asgi_autoconf.settings.own import OwnValues

_SERVERS = "SENTRY_ASGI_DISABLED_SERVERS"
_APPS = "SENTRY_ASGI_EXCLUDED_APPS"


def excluded_by(own: OwnValues, server: str, apps: Sequence[Any]) -> str | None:
    """Name the setting that names the distribution `server`, or one of `apps`: import strings and objects."""
    if formats.canonical(server) in own.disabled_servers:
        return _SERVERS
    if any(matches(app, own.excluded_apps) for app in apps):
        return _APPS
    return None


def disable(servers: Sequence[str]) -> bool:
    """Whether the environment disables one of these distributions, before it is time to read the settings."""
    try:
        disabled = formats.distributions(os.environ.get(_SERVERS, ""))
    except ValueError:  # reported when the settings are read
        return False
    return any(formats.canonical(server) in disabled for server in servers)


def matches(app: Any, patterns: Sequence[str]) -> bool:
    """Whether a name of `app`, an import string or an object, matches one of the globs `package.module:attribute`."""
    names = _of_import_string(app) if isinstance(app, str) else _of_object(app)
    return any(fnmatchcase(name, pattern) for name in names for pattern in patterns)


def _of_import_string(text: str) -> Iterator[str]:
    yield text
    target = text.partition("(")[0]  # gunicorn and hypercorn call main:factory()
    path, _, attribute = target.rpartition(":")
    attributes: tuple[str, ...] = (attribute,)
    if not path or attribute.startswith(("/", "\\")):  # that colon was behind a drive
        # What servers look for where an import string names no attribute.
        path, attributes = target, ("app", "application")
    path = path.rpartition(":")[2]  # hypercorn takes a prefix for the interface
    # Of a path, servers import the last part or, within packages, more of them.
    parts = re.split(r"[/\\]", path[:-3] if path.endswith(".py") else path)
    for start in range(len(parts)):
        for name in attributes:
            yield f"{'.'.join(parts[start:])}:{name}"


def _of_object(app: Any) -> Iterator[str]:
    for name, loaded in list(sys.modules.items()):
        for variable, value in list(getattr(loaded, "__dict__", {}).items()):
            if value is app:
                yield f"{name}:{variable}"
