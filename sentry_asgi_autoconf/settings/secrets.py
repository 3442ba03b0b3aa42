"""A directory of mounted files as a source of settings."""

from typing import Optional, Type

from pydantic_settings import BaseSettings

from sentry_asgi_autoconf.exceptions import UnreadableSecretError
from sentry_asgi_autoconf.origin import Origin
from sentry_asgi_autoconf.settings.base import variable_name
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.secret_files import read_secret
from sentry_asgi_autoconf.settings.source import Source


class SecretsSource(Source):
    """One file a variable, named like it in upper or lower case."""

    def __init__(self, settings_cls: Type[BaseSettings], directory: str) -> None:
        """Read `directory`."""
        super().__init__(settings_cls)
        self._directory = directory

    def find(self, field_name: str) -> Optional[Candidate]:
        """Give the file's text; a file that cannot be read is a problem and sets nothing."""
        variable = variable_name(self.settings_cls, field_name)
        try:
            file = read_secret(self._directory, variable)
        except UnreadableSecretError as error:
            self.problems.append(error)
            return None
        return Candidate(file.text, Origin(variable, file.path)) if file else None
