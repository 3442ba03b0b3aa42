"""Read all settings: `load` takes what is valid from the sources and tells the rest as problems."""

from typing import Any, Dict, List, Mapping, NamedTuple, Optional, Tuple, Type

from pydantic import BaseModel
from pydantic_settings import BaseSettings

from sentry_asgi_autoconf.exceptions import AutoconfError, UnreadableSecretError
from sentry_asgi_autoconf.settings.candidates import Choice, choose
from sentry_asgi_autoconf.settings.environment import EnvironmentSource
from sentry_asgi_autoconf.settings.names import unknown_variables
from sentry_asgi_autoconf.settings.options import SdkOptions, init_name
from sentry_asgi_autoconf.settings.options_json import OptionsJson, OptionsJsonSource, unknown_options
from sentry_asgi_autoconf.settings.own import OwnSettings
from sentry_asgi_autoconf.settings.secret_files import check_directory
from sentry_asgi_autoconf.settings.secrets import SecretsSource
from sentry_asgi_autoconf.settings.source import Source


class Loaded(NamedTuple):
    """What the settings say.

    `options` are keyword arguments for `sentry_sdk.init`, only those that were set and are valid; import
    strings are ImportReference, integrations IntegrationReference, not imported yet. `sources` gives for each
    of them its origin, such as `SENTRY_DSN (environment)`.
    """

    options: Dict[str, Any]
    own: OwnSettings
    problems: List[AutoconfError]
    sources: Dict[str, str]


def load(environ: Mapping[str, str]) -> Loaded:
    """Read the settings from the environment, the secrets directory and SENTRY_OPTIONS_JSON, in this order.

    Raises nothing: whatever is refused is a problem.
    """
    own = choose(OwnSettings, [EnvironmentSource(OwnSettings, environ)])
    problems = list(own.problems)
    directory = _secrets_directory(own.model, problems)
    further = choose(OptionsJson, _named_sources(OptionsJson, environ, directory))
    options = choose(SdkOptions, _all_sources(environ, directory, further))
    problems += [*further.problems, *options.problems, *unknown_variables(environ)]
    values, sources = _options(options)
    _add_unknown(further, values, sources)
    return Loaded(values, own.model, problems, sources)


def _secrets_directory(own: OwnSettings, problems: List[AutoconfError]) -> Optional[str]:
    if own.secrets_dir is None:
        return None
    try:
        check_directory(own.secrets_dir)
    except UnreadableSecretError as error:
        problems.append(error)
        return None
    return own.secrets_dir


def _named_sources(
    model: Type[BaseSettings], environ: Mapping[str, str], directory: Optional[str]
) -> List[Source]:
    environment: List[Source] = [EnvironmentSource(model, environ)]
    return [*environment, SecretsSource(model, directory)] if directory else environment


def _all_sources(
    environ: Mapping[str, str], directory: Optional[str], further: Choice[OptionsJson]
) -> List[Source]:
    sources = _named_sources(SdkOptions, environ, directory)
    if further.model.options_json:
        sources.append(
            OptionsJsonSource(SdkOptions, further.model.options_json, further.origins["options_json"])
        )
    return sources


def _options(choice: Choice[SdkOptions]) -> Tuple[Dict[str, Any], Dict[str, str]]:
    values = {init_name(field): _plain(getattr(choice.model, field)) for field in choice.origins}
    return values, {init_name(field): str(origin) for field, origin in choice.origins.items()}


def _add_unknown(further: Choice[OptionsJson], values: Dict[str, Any], sources: Dict[str, str]) -> None:
    for name, value in unknown_options(further.model.options_json or {}).items():
        values[name] = value
        sources[name] = str(further.origins["options_json"])


def _plain(value: Any) -> Any:
    """Give a value without pydantic's models, as `sentry_sdk.init` takes it."""
    return value.model_dump(exclude_none=True) if isinstance(value, BaseModel) else value
