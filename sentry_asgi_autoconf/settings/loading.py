"""Read all settings: what is valid is taken, the rest is told as problems."""

from __future__ import annotations

from typing import Mapping

from sentry_asgi_autoconf.settings import config_place, simple_environment
from sentry_asgi_autoconf.settings.loaded import Loaded
from sentry_asgi_autoconf.settings.policy import places

__all__ = ["Loaded", "load"]


def load(environ: Mapping[str, str], app: str | None = None) -> Loaded:
    """Read the settings of all layers below the app's code, whose import string is `app`.

    Raises nothing: whatever is refused is a problem. The models are imported where they are needed.
    """
    is_only_layer = not (places.exist(environ) or config_place.exists(environ, app))
    loaded = simple_environment.read(environ) if is_only_layer else None
    if loaded is None:
        from sentry_asgi_autoconf.settings import layers

        loaded = layers.load(environ, app)
    return loaded._replace(environ=environ, environ_then=dict(environ), app=app)
