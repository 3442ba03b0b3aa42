"""Where settings lie, and whether they may name a destination, before anything costly is imported."""

from __future__ import annotations

from typing import Mapping, NamedTuple

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.policy import places
from sentry_asgi_autoconf.policy.places import Places
from sentry_asgi_autoconf.settings import app_config, destinations
from sentry_asgi_autoconf.settings.app_config import ConfigFile


class Found(NamedTuple):
    """What there is to read settings from: looked for once, and handed to all that read it."""

    environ: Mapping[str, str]
    app: str | None
    policies: Places
    config: ConfigFile | None

    def may_name_destination(self) -> bool:
        """Whether the environment names a destination, or there is a layer beside it that may."""
        return (
            destinations.has_destination(self.environ)
            or bool(self.policies)
            or self.config is not None
            or bool(entry_points.in_group(entry_points.CONFIGURATORS))
        )


def find(environ: Mapping[str, str], app: str | None) -> Found:
    """Look for all layers below the code of the app of this import string."""
    return Found(environ, app, places.find(environ), app_config.find(environ, app))
