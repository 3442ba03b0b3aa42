"""Read the settings of all layers: what is valid is taken, the rest is told as problems."""

from __future__ import annotations

from typing import Iterator, Mapping

from sentry_asgi_autoconf.enforcement import Enforcement
from sentry_asgi_autoconf.exceptions import AutoconfError, UnreadableSecretError
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.candidates import Choice, choose
from sentry_asgi_autoconf.settings.config_place import VARIABLE, pyprojects
from sentry_asgi_autoconf.settings.keys import NOTHING, OWN_PREFIX, Table
from sentry_asgi_autoconf.settings.loaded import Loaded
from sentry_asgi_autoconf.settings.names import unknown_variables
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, field_of, init_name
from sentry_asgi_autoconf.settings.options_json import OPTIONS_JSON, known_options, unknown_options
from sentry_asgi_autoconf.settings.own import OWN_SETTINGS, OwnValues
from sentry_asgi_autoconf.settings.policy import in_force
from sentry_asgi_autoconf.settings.policy.terms import CHAINED, Policy
from sentry_asgi_autoconf.settings.problems import quoted
from sentry_asgi_autoconf.settings.provenance import Setting
from sentry_asgi_autoconf.settings.secret_files import DIRECTORY_VARIABLE, check_directory
from sentry_asgi_autoconf.settings.sources import environment, secrets, without_blanks
from sentry_asgi_autoconf.settings.texts import is_quoted

__all__ = ["Loaded", "config_file", "load", "without"]


def load(environ: Mapping[str, str], app: str | None = None) -> Loaded:
    """Read the settings of all layers below the app's code, whose import string is `app`.

    Raises nothing: whatever is refused is a problem.
    """
    problems: list[AutoconfError] = []
    policy = in_force.policy(environ)
    config = config_file(environ, app, problems)
    directory = _secrets_directory(environ, problems)
    own = choose(
        OWN_SETTINGS,
        [
            without_blanks(policy.enforced.own),
            environment(OWN_SETTINGS, environ),
            without_blanks(config.own),
            without_blanks(policy.defaults.own),
        ],
    )
    further = choose(
        OPTIONS_JSON, [environment(OPTIONS_JSON, environ), secrets(OPTIONS_JSON, directory, problems)]
    )
    enforcement = in_force.enforcement(policy)
    standing = {name: value for name, value in policy.enforced.options.items() if name not in CHAINED}
    options = choose(
        SDK_OPTIONS,
        [
            without_blanks(standing),
            environment(SDK_OPTIONS, environ),
            secrets(SDK_OPTIONS, directory, problems),
            known_options(further.values, further.origins),
            without_blanks(config.options),
            without_blanks(policy.defaults.options),
        ],
        lambda name, value: enforcement.permits(init_name(name), value),
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
        OwnValues(**own.values),
        problems,
        {name: setting.origin for name, setting in settings.items() if setting.origin},
        {**settings, **_own_settings(own)},
        enforcement,
        policy.names,
        policy.is_unknown,
        policy.warnings,
        environ,
        dict(environ),
        app,
    )


def config_file(environ: Mapping[str, str], app: str | None, problems: list[AutoconfError]) -> Table:
    """Return what the app's config file says: the one that the variable names, else the one beside the app."""
    named = environ.get(VARIABLE, "").strip()
    path = named or next(pyprojects(app), None)
    if path is None:
        return NOTHING
    from sentry_asgi_autoconf.settings import app_config

    return app_config.read(path, problems, is_named=bool(named))


def without(loaded: Loaded, name: str) -> tuple[Loaded, list[AutoconfError]]:
    """Return the settings without a value of which the SDK can make nothing: the next lower layer's takes its place.

    With them, what is wrong with the values of those layers.
    """
    setting, below = loaded.settings[name], Setting(None, None)
    problems: list[AutoconfError] = []
    if setting.overrode:
        below, problems = _below(loaded, name)
    left_out = (Candidate(setting.value, setting.origin),) if setting.origin else ()
    below = below._replace(
        forbidden=(*setting.forbidden, *below.forbidden),
        ruled_by=below.ruled_by or setting.ruled_by,
        left_out=(*setting.left_out, *left_out),
    )
    options = {key: value for key, value in loaded.options.items() if key != name}
    sources = {key: origin for key, origin in loaded.sources.items() if key != name}
    if below.origin:
        options[name], sources[name] = below.value, below.origin
    settings = {**loaded.settings, name: below}
    return loaded._replace(options=options, sources=sources, settings=settings), problems


def _below(loaded: Loaded, name: str) -> tuple[Setting, list[AutoconfError]]:
    """Return an option's setting without the value at hand: the next lower layer's that is valid and permitted.

    With it, what is wrong with those that are passed over for it.
    """
    setting, field = loaded.settings[name], field_of(name)
    if field not in SDK_OPTIONS:
        below, *further = setting.overrode
        return Setting(below.value, below.origin, tuple(further)), []
    choice = choose(
        {field: SDK_OPTIONS[field]},
        [without_blanks({field: candidate}) for candidate in setting.overrode],
        lambda _, value: loaded.enforcement.permits(name, value),
    )
    return _settings(choice, loaded.enforcement).get(name, Setting(None, None)), choice.problems


def _quoted(choice: Choice) -> Iterator[AutoconfError]:
    for name, origin in choice.origins.items():
        value = choice.values[name]
        if is_quoted(value):
            yield quoted(origin, value)


def _secrets_directory(environ: Mapping[str, str], problems: list[AutoconfError]) -> str | None:
    directory = environ.get(DIRECTORY_VARIABLE, "").strip()
    if not directory:
        return None
    try:
        check_directory(directory)
    except UnreadableSecretError as error:
        problems.append(error)
        return None
    return directory


def _settings(choice: Choice, enforcement: Enforcement) -> dict[str, Setting]:
    settings = {}
    for field in {**choice.origins, **choice.forbidden}:
        name, value = init_name(field), choice.values.get(field)
        kept = enforcement.clamped(name, value)
        forbidden = tuple(choice.forbidden.get(field, ()))
        ruled = forbidden or kept != value
        settings[name] = Setting(
            kept,
            choice.origins.get(field),
            tuple(choice.overrode.get(field, ())),
            forbidden,
            value if kept != value else None,
            str(enforcement.said_by(name)) if ruled else "",
        )
    return settings


def _unknown(further: Choice, policy: Policy, config: Table) -> dict[str, Setting]:
    """Return the options that SDK_OPTIONS do not know."""
    given = unknown_options(further.values, further.origins)
    settings: dict[str, Setting] = {}
    for layer in (policy.defaults.further, config.further, given, policy.enforced.further):
        for name, candidate in layer.items():
            below = settings.get(name)
            overrode = (
                (Candidate(below.value, below.origin), *below.overrode) if below and below.origin else ()
            )
            settings[name] = Setting(candidate.value, candidate.origin, overrode)
    return settings


def _own_settings(own: Choice) -> dict[str, Setting]:
    return {
        OWN_PREFIX + field: Setting(own.values[field], origin, tuple(own.overrode[field]))
        for field, origin in own.origins.items()
    }
