"""What the settings models share: their sources are asked at loading time, not by the models."""

from typing import Tuple, Type

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict


class Settings(BaseSettings):
    """A model that is built from checked candidates only; `loading` asks the sources."""

    # Built when first used: the groups of options are never used by themselves.
    model_config = SettingsConfigDict(env_prefix="SENTRY_", extra="forbid", defer_build=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: Type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> Tuple[PydanticBaseSettingsSource, ...]:
        """Take nothing but the arguments, so that a bad value can fall back to the next lower source."""
        return (init_settings,)


def variable_name(model: Type[BaseSettings], field_name: str) -> str:
    """Give the environment variable of a field."""
    return f"{model.model_config['env_prefix']}{field_name}".upper()


def is_secret(field: FieldInfo) -> bool:
    """Whether the field's value may hold credentials."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and bool(extra.get("secret"))
