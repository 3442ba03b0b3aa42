"""Read all layers by the models of the settings: take what is valid, and tell the rest as problems."""

from typing import Dict, Iterator, List, Mapping, Optional, Tuple, Type

from pydantic_settings import BaseSettings

from sentry_asgi_autoconf.enforcement import Enforcement
from sentry_asgi_autoconf.exceptions import AutoconfError, UnreadableSecretError
from sentry_asgi_autoconf.settings import app_config
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.candidates import Choice, choose
from sentry_asgi_autoconf.settings.environment import EnvironmentSource
from sentry_asgi_autoconf.settings.given_values import GivenValues
from sentry_asgi_autoconf.settings.keys import OWN_PREFIX, Table
from sentry_asgi_autoconf.settings.loaded import Loaded
from sentry_asgi_autoconf.settings.names import unknown_variables
from sentry_asgi_autoconf.settings.options import SdkOptions, field_of, init_name
from sentry_asgi_autoconf.settings.options_json import OptionsJson, OptionsJsonSource, unknown_options
from sentry_asgi_autoconf.settings.own import OwnSettings
from sentry_asgi_autoconf.settings.own_values import OwnValues
from sentry_asgi_autoconf.settings.plain import plain
from sentry_asgi_autoconf.settings.policy import in_force
from sentry_asgi_autoconf.settings.policy.terms import CHAINED, Policy
from sentry_asgi_autoconf.settings.problems import quoted
from sentry_asgi_autoconf.settings.provenance import Setting
from sentry_asgi_autoconf.settings.secret_files import check_directory
from sentry_asgi_autoconf.settings.secrets import SecretsSource
from sentry_asgi_autoconf.settings.source import Source
from sentry_asgi_autoconf.settings.texts import is_quoted


def load(environ: Mapping[str, str], app: Optional[str] = None) -> Loaded:
    """Read the settings of all layers below the app's code, whose import string is `app`."""
    problems: List[AutoconfError] = []
    named = choose(OwnSettings, [EnvironmentSource(OwnSettings, environ)]).model
    policy = in_force.policy(environ)
    config = app_config.read(named.config, app, problems)
    own = choose(OwnSettings, _own_sources(environ, policy, config))
    directory = _secrets_directory(own.model, problems)
    further = choose(OptionsJson, _named_sources(OptionsJson, environ, directory))
    enforcement = in_force.enforcement(policy)
    options = choose(
        SdkOptions,
        _option_sources(environ, directory, further, policy, config),
        lambda field, value: enforcement.permits(init_name(field), value),
    )
    settings = {**_settings(options, enforcement), **_unknown(further, policy, config)}
    problems += [
        *own.problems,
        *further.problems,
        *options.problems,
        *unknown_variables(environ),
        *_quoted(options),
        *policy.errors,
    ]
    return Loaded(
        {name: setting.value for name, setting in settings.items() if setting.origin},
        OwnValues(**{field: getattr(own.model, field) for field in OwnValues._fields}),
        problems,
        {name: setting.origin for name, setting in settings.items() if setting.origin},
        {**settings, **_own_settings(own)},
        enforcement,
        policy.names,
        policy.is_unknown,
        policy.warnings,
    )


def without(loaded: Loaded, name: str) -> Tuple[Setting, List[AutoconfError]]:
    """Give an option's setting without the value at hand: the next lower layer's that is valid and permitted.

    With it, what is wrong with those that are passed over for it.
    """
    setting, field = loaded.settings[name], field_of(name)
    if field not in SdkOptions.model_fields:
        below, *further = setting.overrode
        return Setting(below.value, below.origin, tuple(further)), []
    sources = [GivenValues(SdkOptions, {field: candidate}) for candidate in setting.overrode]
    choice = choose(SdkOptions, sources, lambda _, value: loaded.enforcement.permits(name, value))
    return _settings(choice, loaded.enforcement).get(name, Setting(None, None)), choice.problems


def _quoted(choice: Choice[SdkOptions]) -> Iterator[AutoconfError]:
    for field, origin in choice.origins.items():
        value = getattr(choice.model, field)
        if is_quoted(value):
            yield quoted(origin, value)


def _secrets_directory(own: OwnSettings, problems: List[AutoconfError]) -> Optional[str]:
    if own.secrets_dir is None:
        return None
    try:
        check_directory(own.secrets_dir)
    except UnreadableSecretError as error:
        problems.append(error)
        return None
    return own.secrets_dir


def _own_sources(environ: Mapping[str, str], policy: Policy, config: Table) -> List[Source]:
    return [
        GivenValues(OwnSettings, policy.enforced.own),
        EnvironmentSource(OwnSettings, environ),
        GivenValues(OwnSettings, config.own),
        GivenValues(OwnSettings, policy.defaults.own),
    ]


def _named_sources(
    model: Type[BaseSettings], environ: Mapping[str, str], directory: Optional[str]
) -> List[Source]:
    environment: List[Source] = [EnvironmentSource(model, environ)]
    return [*environment, SecretsSource(model, directory)] if directory else environment


def _option_sources(
    environ: Mapping[str, str],
    directory: Optional[str],
    further: Choice[OptionsJson],
    policy: Policy,
    config: Table,
) -> List[Source]:
    standing = {name: value for name, value in policy.enforced.options.items() if name not in CHAINED}
    sources = [GivenValues(SdkOptions, standing), *_named_sources(SdkOptions, environ, directory)]
    if further.model.options_json:
        sources.append(
            OptionsJsonSource(SdkOptions, further.model.options_json, further.origins["options_json"])
        )
    return [
        *sources,
        GivenValues(SdkOptions, config.options),
        GivenValues(SdkOptions, policy.defaults.options),
    ]


def _settings(choice: Choice[SdkOptions], enforcement: Enforcement) -> Dict[str, Setting]:
    settings = {}
    for field in {**choice.origins, **choice.forbidden}:
        name, origin = init_name(field), choice.origins.get(field)
        value = plain(getattr(choice.model, field)) if origin else None
        kept = enforcement.clamped(name, value)
        forbidden = tuple(choice.forbidden.get(field, ()))
        ruled = forbidden or kept != value
        settings[name] = Setting(
            kept,
            origin,
            tuple(choice.overrode.get(field, ())),
            forbidden,
            value if kept != value else None,
            str(enforcement.said_by(name)) if ruled else "",
        )
    return settings


def _unknown(further: Choice[OptionsJson], policy: Policy, config: Table) -> Dict[str, Setting]:
    """Give the options that no field of SdkOptions checks."""
    options = further.model.options_json
    given = unknown_options(options, further.origins["options_json"]) if options else {}
    settings: Dict[str, Setting] = {}
    for layer in (policy.defaults.further, config.further, given, policy.enforced.further):
        for name, candidate in layer.items():
            below = settings.get(name)
            overrode = (
                (Candidate(below.value, below.origin), *below.overrode) if below and below.origin else ()
            )
            settings[name] = Setting(candidate.value, candidate.origin, overrode)
    return settings


def _own_settings(own: Choice[OwnSettings]) -> Dict[str, Setting]:
    return {
        OWN_PREFIX + field: Setting(getattr(own.model, field), origin, tuple(own.overrode[field]))
        for field, origin in own.origins.items()
    }
