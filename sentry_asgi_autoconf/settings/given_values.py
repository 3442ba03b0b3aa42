"""Values that are parsed already, such as a file's, as a source of settings."""

from typing import Mapping, Optional, Type

from pydantic_settings import BaseSettings

from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.source import Source


class GivenValues(Source):
    """One layer's values by field."""

    def __init__(self, settings_cls: Type[BaseSettings], values: Mapping[str, Candidate]) -> None:
        """Take the values."""
        super().__init__(settings_cls)
        self._values = values

    def find(self, field_name: str) -> Optional[Candidate]:
        """Give the value of a field; blank text sets nothing."""
        found = self._values.get(field_name)
        is_blank = found is not None and isinstance(found.value, str) and not found.value.strip()
        return None if is_blank else found
