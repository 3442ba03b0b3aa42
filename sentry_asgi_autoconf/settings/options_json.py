"""`SENTRY_OPTIONS_JSON`: options that a newer SDK adds, and the lowest source for those that are known."""

from typing import Any, Dict, Mapping, Optional, Type

from pydantic import Field
from pydantic_settings import BaseSettings

from sentry_asgi_autoconf.origin import Origin
from sentry_asgi_autoconf.settings import types
from sentry_asgi_autoconf.settings.base import Settings
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.options import SdkOptions, field_of, init_name
from sentry_asgi_autoconf.settings.source import Source


class OptionsJson(Settings):
    """Any option, as JSON."""

    options_json: Optional[types.Mapping] = Field(
        None,
        description="Any options of sentry_sdk.init, known here or not; the other variables win.",
        examples=['{"a_newer_option": true, "max_breadcrumbs": 50}'],
        json_schema_extra={"secret": True},
    )


class OptionsJsonSource(Source):
    """Values of known options, parsed already."""

    def __init__(self, settings_cls: Type[BaseSettings], options: Mapping[str, Any], origin: Origin) -> None:
        """Take the object and where it was found."""
        super().__init__(settings_cls)
        self._options = {field_of(name): value for name, value in options.items()}
        self._origin = origin

    def find(self, field_name: str) -> Optional[Candidate]:
        """Give the value under the option's name; null sets nothing."""
        value = self._options.get(field_name)
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        return Candidate(value, self._origin._replace(key=init_name(field_name)))


def unknown_options(options: Mapping[str, Any], origin: Origin) -> Dict[str, Candidate]:
    """Give what no field of SdkOptions checks; `origin` is that of all options."""
    return {
        name: Candidate(value, origin._replace(key=name))
        for name, value in options.items()
        if field_of(name) not in SdkOptions.model_fields
    }
