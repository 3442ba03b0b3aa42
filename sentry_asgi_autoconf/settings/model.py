"""The settings as a pydantic-settings model, for code and pipelines of your own; no served process imports it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, List, Mapping, Optional

from pydantic import Field, create_model
from pydantic_core import core_schema
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from typing_extensions import Annotated

from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.provenance import Candidate
from sentry_asgi_autoconf.settings import app_config, files, sources
from sentry_asgi_autoconf.settings.kinds import Option
from sentry_asgi_autoconf.settings.options import OPTIONS_JSON, SDK_OPTIONS, in_options_json
from sentry_asgi_autoconf.settings.own import OWN_KEYS, OWN_SETTINGS
from sentry_asgi_autoconf.settings.sources import choose, what_is_wrong

# By the key that each has in files.
_OPTIONS: Mapping[str, Option] = {**SDK_OPTIONS, **OPTIONS_JSON, **OWN_KEYS}
_Values = Mapping[str, Candidate]
_Reader = Callable[[List[AutoconfError]], _Values]


class _Source(PydanticBaseSettingsSource):
    """One layer: the values that a function reads, as they stand there; the kinds of the options check them."""

    def __init__(self, settings_cls: type[BaseSettings], read: _Reader) -> None:
        super().__init__(settings_cls)
        self._read = read

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        return self().get(field_name), field_name, False

    def __call__(self) -> dict[str, Any]:
        problems: list[AutoconfError] = []
        values = self._read(problems)
        if problems:
            raise problems[0]
        # pydantic-settings would mix mappings of several layers.
        higher = getattr(self, "current_state", {})
        return {
            name: candidate.value
            for name, candidate in values.items()
            if name not in higher and not sources.is_blank(candidate.value)
        }


class _SentrySettings(BaseSettings):
    """Every setting, as a process that serves an app reads it: by its key in files: options of the SDK, and our own.

    Its sources, highest first: arguments, variables, the secrets directory (the argument `_secrets_dir`, or else the
    variable), `SENTRY_OPTIONS_JSON`, the config file that `SENTRY_ASGI_CONFIG` names, or else the `pyproject.toml` of
    the working directory. Policies are not heeded. None stands for an option that nobody sets.

    Rates are from 0 to 1, `shutdown_timeout` is in seconds, thresholds are in milliseconds. Import strings stay
    `ImportReference`, a str, and integrations `IntegrationReference`: nothing is imported.

    Raises `pydantic.ValidationError` for a value that the process would refuse in favour of the next layer's, and the
    `AutoconfError` that the process tells of for what cannot be read. Neither quotes a value.
    """

    model_config = SettingsConfigDict(env_prefix="SENTRY_", extra="forbid", hide_input_in_errors=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read each layer as the process does; `_secrets_dir` goes before the variable that names the directory."""
        directory = getattr(file_secret_settings, "secrets_dir", None)
        secrets = _secrets_of(str(directory or os.environ.get(sources.DIRECTORY_VARIABLE, "").strip()))
        layers = (_environment, secrets, _options_json_of(secrets), _config_file)
        return (init_settings, *(_Source(settings_cls, layer) for layer in layers))


def _environment(problems: list[AutoconfError]) -> _Values:
    return sources.environment(_OPTIONS, os.environ)


def _secrets_of(directory: str) -> _Reader:
    options = {**SDK_OPTIONS, **OPTIONS_JSON}
    return lambda problems: files.secrets(options, directory, problems) if directory else {}


def _options_json_of(secrets: _Reader) -> _Reader:
    def read(problems: list[AutoconfError]) -> _Values:
        chosen = choose(OPTIONS_JSON, [_environment(problems), secrets([])])
        given = in_options_json(chosen.values, chosen.origins)
        return {name: given[name] for name in given if name in SDK_OPTIONS}

    return read


def _config_file(problems: list[AutoconfError]) -> _Values:
    table = app_config.read(app_config.find(os.environ, None), problems)
    return {**table.options, **{OWN_SETTINGS[name].key: candidate for name, candidate in table.own.items()}}


class _Checked:
    """Has pydantic read a value, and describe it, as its option is declared."""

    def __init__(self, option: Option) -> None:
        self._option = option

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        return dict(self._option.kind.shape)

    def _read(self, value: Any) -> Any:
        try:
            return self._option.read(value)
        except ValueError as error:
            raise ValueError(f"it is {what_is_wrong(self._option, value, error)}") from None


def _field(option: Option) -> tuple[Any, Any]:
    field = Field(
        default=option.default,
        description=option.description,
        examples=[option.example],
        repr=not option.is_secret,
        json_schema_extra={"writeOnly": True} if option.is_secret else None,
    )
    kind = option.kind.type if option.default is not None else Optional[option.kind.type]
    return Annotated[kind, _Checked(option)], field


if TYPE_CHECKING:

    class SentrySettings(_SentrySettings):
        """What type checkers know of the model."""

        def __init__(self, **values: Any) -> None: ...

        def __getattr__(self, name: str) -> Any: ...

else:
    SentrySettings = create_model(
        "SentrySettings",
        __base__=_SentrySettings,
        __module__=__name__,
        **{name: _field(option) for name, option in _OPTIONS.items()},
    )
    SentrySettings.__doc__ = _SentrySettings.__doc__
