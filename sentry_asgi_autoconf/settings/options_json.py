"""`SENTRY_OPTIONS_JSON`: options that a newer SDK adds, and the lowest source for those that are known."""

from __future__ import annotations

from typing import Any, Mapping

from sentry_asgi_autoconf.provenance import Candidate, Origin
from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.option import Option, by_name
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, field_of, init_name

_NAME = "options_json"
OPTIONS_JSON = by_name(
    Option(
        _NAME,
        kinds.MAPPING,
        "Any options of sentry_sdk.init, known here or not; the other variables win.",
        '{"a_newer_option": true, "max_breadcrumbs": 50}',
        is_secret=True,
    )
)


def known_options(values: Mapping[str, Any], origins: Mapping[str, Origin]) -> dict[str, Candidate]:
    """Return what the chosen object says of SDK_OPTIONS; null and blank text set nothing."""
    options = _options(values, origins)
    return {
        name: options[name] for name in SDK_OPTIONS if name in options and not is_blank(options[name].value)
    }


def unknown_options(values: Mapping[str, Any], origins: Mapping[str, Origin]) -> dict[str, Candidate]:
    """Return what the chosen object says besides."""
    options = _options(values, origins)
    return {name: option for name, option in options.items() if name not in SDK_OPTIONS}


def is_blank(value: Any) -> bool:
    """Whether a value says nothing."""
    return value is None or (isinstance(value, str) and not value.strip())


def _options(values: Mapping[str, Any], origins: Mapping[str, Origin]) -> dict[str, Candidate]:
    """Return the options of the object by name, each with the key that it has there."""
    return {
        field_of(key): Candidate(value, origins[_NAME]._replace(key=init_name(field_of(key))))
        for key, value in values.get(_NAME, {}).items()
    }
