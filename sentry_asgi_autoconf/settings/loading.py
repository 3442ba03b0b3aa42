"""Read all settings: what is valid is taken, the rest is told as problems."""

from __future__ import annotations

from typing import Mapping

from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.settings import layers
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.loaded import Loaded
from sentry_asgi_autoconf.settings.provenance import Setting

__all__ = ["Loaded", "load", "without"]


def load(environ: Mapping[str, str], app: str | None = None) -> Loaded:
    """Read the settings of all layers below the app's code, whose import string is `app`.

    Raises nothing: whatever is refused is a problem.
    """
    return layers.load(environ, app)._replace(environ=environ, environ_then=dict(environ), app=app)


def without(loaded: Loaded, name: str) -> tuple[Loaded, list[AutoconfError]]:
    """Give the settings without a value of which the SDK can make nothing: the next lower layer's takes its place.

    With them, what is wrong with the values of those layers.
    """
    setting, below = loaded.settings[name], Setting(None, None)
    problems: list[AutoconfError] = []
    if setting.overrode:
        below, problems = layers.without(loaded, name)
    left_out = (Candidate(setting.value, setting.origin),) if setting.origin else ()
    below = below._replace(
        forbidden=(*setting.forbidden, *below.forbidden),
        ruled_by=below.ruled_by or setting.ruled_by,
        left_out=(*setting.left_out, *left_out),
    )
    options = {key: value for key, value in loaded.options.items() if key != name}
    sources = {key: origin for key, origin in loaded.sources.items() if key != name}
    if below.origin:
        options[name], sources[name] = below.value, below.origin
    settings = {**loaded.settings, name: below}
    return loaded._replace(options=options, sources=sources, settings=settings), problems
