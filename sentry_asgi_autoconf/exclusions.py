"""Tell which setting keeps us from a server or from an app."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Sequence

if TYPE_CHECKING:
    from sentry_asgi_autoconf.settings.own import OwnValues

_SERVERS = "SENTRY_ASGI_DISABLED_SERVERS"
_APPS = "SENTRY_ASGI_EXCLUDED_APPS"


def excluded_by(own: OwnValues, server: str, apps: Sequence[Any]) -> str | None:
    """Name the setting that names the distribution `server`, or one of `apps`: import strings and objects."""
    from sentry_asgi_autoconf.settings import paths
    from sentry_asgi_autoconf.wrapping import exclusion

    if paths.canonical(server) in own.disabled_servers:
        return _SERVERS
    if any(exclusion.matches(app, own.excluded_apps) for app in apps):
        return _APPS
    return None


def disable(servers: Sequence[str]) -> bool:
    """Whether the environment disables one of these distributions, before it is time to read the settings."""
    from sentry_asgi_autoconf.settings import paths

    try:
        disabled = paths.distributions(os.environ.get(_SERVERS, ""))
    except ValueError:  # told of when the settings are read
        return False
    return any(paths.canonical(server) in disabled for server in servers)
