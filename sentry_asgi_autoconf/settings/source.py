"""What a source of settings is: raw values by field, each with its origin."""

from abc import abstractmethod
from typing import Any, Dict, List, Optional, Tuple, Type

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.settings.candidate import Candidate


class Source(PydanticBaseSettingsSource):
    """A pydantic-settings source that decodes nothing, so that one bad value takes no other down."""

    def __init__(self, settings_cls: Type[BaseSettings]) -> None:
        """Serve the fields of `settings_cls`; what cannot be read is told in `problems`."""
        super().__init__(settings_cls)
        self.problems: List[AutoconfError] = []

    @abstractmethod
    def find(self, field_name: str) -> Optional[Candidate]:
        """Give the raw value of a field, None if this source does not set it; blank text sets nothing."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> Tuple[Any, str, bool]:
        """Give the raw value as pydantic-settings asks for it."""
        candidate = self.find(field_name)
        return (candidate.value if candidate else None), field_name, False

    def candidates(self) -> Dict[str, Candidate]:
        """Give what this source sets, by field."""
        found = ((name, self.find(name)) for name in self.settings_cls.model_fields)
        return {name: candidate for name, candidate in found if candidate is not None}

    def __call__(self) -> Dict[str, Any]:
        """Give the raw values, by field."""
        return {name: candidate.value for name, candidate in self.candidates().items()}
