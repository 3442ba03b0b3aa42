"""Read an environment that is the only layer and holds nothing that needs a model: most of them."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from sentry_asgi_autoconf.enforcement import Enforcement
from sentry_asgi_autoconf.origin import ENVIRONMENT, Origin
from sentry_asgi_autoconf.settings.destination import is_nearly_dsn
from sentry_asgi_autoconf.settings.foreign_variables import FOREIGN, PREFIX
from sentry_asgi_autoconf.settings.loaded import Loaded
from sentry_asgi_autoconf.settings.own_values import OwnValues
from sentry_asgi_autoconf.settings.provenance import Setting
from sentry_asgi_autoconf.settings.simple_fields import OPTIONS, OWN, Reader

_OWN_PREFIX = "ASGI_"


def read(environ: Mapping[str, str]) -> Loaded | None:
    """Give what the variables say; None if that takes a model to tell, or one of them is refused."""
    names = {name for name in environ if name.upper().startswith(PREFIX) or is_nearly_dsn(name)}
    known = {_variable(field) for field in OPTIONS} | {_variable(field, _OWN_PREFIX) for field in OWN}
    if not names <= known | FOREIGN:
        return None
    try:
        options = dict(_settings(environ, OPTIONS, ""))
        own = dict(_settings(environ, OWN, _OWN_PREFIX))
    except ValueError:
        return None
    return Loaded(
        {name: setting.value for name, setting in options.items()},
        OwnValues(**{field: setting.value for field, setting in own.items()}),
        [],
        {name: setting.origin for name, setting in options.items() if setting.origin},
        {**options, **{f"{_OWN_PREFIX.lower()}{field}": setting for field, setting in own.items()}},
        Enforcement(),
        [],
        False,
        [],
    )


def _settings(
    environ: Mapping[str, str], readers: Mapping[str, Reader], prefix: str
) -> Iterator[tuple[str, Setting]]:
    for field, reader in readers.items():
        variable = _variable(field, prefix)
        value: Any = environ.get(variable, "").strip()
        if value:
            yield field, Setting(reader(value), Origin(variable, ENVIRONMENT))


def _variable(field: str, prefix: str = "") -> str:
    return f"{PREFIX}{prefix}{field.upper()}"
