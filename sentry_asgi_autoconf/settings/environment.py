"""The environment as a source of settings."""

from typing import Mapping, Optional, Type

from pydantic_settings import BaseSettings

from sentry_asgi_autoconf.origin import ENVIRONMENT, Origin
from sentry_asgi_autoconf.settings.base import variable_name
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.source import Source


class EnvironmentSource(Source):
    """Variables of a process's environment, names in upper case."""

    def __init__(self, settings_cls: Type[BaseSettings], environ: Mapping[str, str]) -> None:
        """Read `environ`."""
        super().__init__(settings_cls)
        self._environ = environ

    def find(self, field_name: str) -> Optional[Candidate]:
        """Give the variable's text, blanks around it stripped."""
        variable = variable_name(self.settings_cls, field_name)
        text = self._environ.get(variable, "").strip()
        return Candidate(text, Origin(variable, ENVIRONMENT)) if text else None
