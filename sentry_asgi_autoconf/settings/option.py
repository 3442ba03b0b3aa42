"""What a setting is declared with, once: all that reads, explains or describes it goes by this."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from sentry_asgi_autoconf.settings.kinds import Kind


class Option(NamedTuple):
    """A setting: its name, what its values are, and what people are told of it.

    `example` is the text of a variable. `default` is None where nothing applies unless somebody says so; of an option
    of the SDK, the SDK has the default. A secret's value is shown in no message. What is read from the environment only
    is needed before there are files to read.
    """

    name: str
    kind: Kind
    description: str
    example: str
    default: Any = None
    is_secret: bool = False
    is_environment_only: bool = False
    prefix: str = "SENTRY_"

    @property
    def variable(self) -> str:
        """The environment variable that sets it."""
        return f"{self.prefix}{self.name}".upper()

    def read(self, value: Any) -> Any:
        """Return what a variable's text, or a value of JSON or TOML, stands for. Raises ValueError."""
        return None if value is None and self.default is None else self.kind.read(value)


class Group(NamedTuple):
    """Options under a heading of the settings reference."""

    title: str
    options: tuple[Option, ...]


def by_name(*options: Option) -> Mapping[str, Option]:
    """Return the options by name, in their order."""
    return {option.name: option for option in options}
