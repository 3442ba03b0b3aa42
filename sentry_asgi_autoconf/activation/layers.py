"""Read the settings of all layers: what is valid is taken, the rest becomes problems."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Iterator, Mapping, NamedTuple, Sequence

from sentry_asgi_autoconf.activation.decision import Found, find_settings
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import AutoconfError, InvalidSettingError, MissingSettingError
from sentry_asgi_autoconf.policy import in_force
from sentry_asgi_autoconf.policy.enforcement import CHAINED, Enforcement, Policy
from sentry_asgi_autoconf.provenance import ENFORCED, LIMITS, UNSET, Candidate, Origin, Setting
from sentry_asgi_autoconf.settings import app_config, sources
from sentry_asgi_autoconf.settings.names import unknown_variables
from sentry_asgi_autoconf.settings.options import (
    OPTIONS_JSON,
    SDK_OPTIONS,
    field_of,
    in_options_json,
    init_name,
)
from sentry_asgi_autoconf.settings.own import OWN_KEYS, OWN_SETTINGS, OwnValues
from sentry_asgi_autoconf.settings.sources import Choice, Table, choose, environment
from sentry_asgi_autoconf.settings.values import is_quoted

if TYPE_CHECKING:
    from sentry_asgi_autoconf.policy.in_force import Source
    from sentry_asgi_autoconf.policy.limits import Limit
    from sentry_asgi_autoconf.policy.rules import Facts

# Characters of a tag's value that Sentry keeps.
_LONGEST_TAG = 200


class Loaded(NamedTuple):
    """What the settings say.

    `options` are keyword arguments for `sentry_sdk.init`, only those that were set and are valid; import strings are
    ImportReference, integrations IntegrationReference, not imported yet. `sources` has the origin of each of them,
    `settings` how every value that is set came about: an own one's key begins with `asgi_`. `policy` is what those of
    `policies` are together, `warnings` are their contradictions. They were read from what was `found`, whose
    environment then was `environ_then`.
    """

    options: dict[str, Any]
    own: OwnValues
    problems: list[AutoconfError]
    sources: dict[str, Origin]
    settings: dict[str, Setting]
    enforcement: Enforcement
    policy: Policy
    policies: Sequence[Source]
    warnings: list[AutoconfError]
    found: Found
    environ_then: Mapping[str, str]

    @property
    def may_change(self) -> bool:
        """Whether a policy may come to say something else while the process runs."""
        return any(source.path for source in self.policies) or self.policy.expires < float("inf")

    def is_enforced(self, name: str) -> bool:
        """Whether a policy sets what has this name in `settings`."""
        origin = self.settings.get(name, UNSET).origin
        return origin is not None and origin.layer == ENFORCED


def load(environ: Mapping[str, str], app: str | None = None) -> Loaded:
    """Look for the settings of all layers below the code of the app of this import string, and read them."""
    return read(find_settings(environ, app))


def read(found: Found, changed: Sequence[Source] | None = None) -> Loaded:
    """Read the settings of all layers that were found, or `changed` policies in place of those there were.

    Raises nothing: whatever is refused is a problem.
    """
    policies = tuple(in_force.read_all(found.policies)) if changed is None else changed
    environ = found.environ
    problems: list[AutoconfError] = []
    config = app_config.read(found.config, problems)
    said = {**sources.labels_of_pod(), **environ}

    def facts() -> Facts:
        from sentry_asgi_autoconf.policy import rules

        return rules.facts_of(said, found.app, found.package, config)

    policy = in_force.together([each.policy for each in policies], facts)
    own = choose(
        OWN_SETTINGS,
        [policy.enforced.own, environment(OWN_SETTINGS, environ), config.own, policy.defaults.own],
    )
    platform: dict[str, Candidate] = {}
    if found.package or not sources.OF_PLATFORMS.isdisjoint(said):
        wanted = own.values.get("platform", OWN_SETTINGS["platform"].default)
        platform = sources.platform_options(said, found.package, wanted)
        if "tags" in wanted:
            sources.put_tags_below(own, said)
    in_app = platform.pop("in_app_include", None)
    own_settings = {
        OWN_SETTINGS[name].key: Setting(own.values[name], origin, tuple(own.overrode[name]))
        for name, origin in own.origins.items()
    }
    if policy.limits:
        _limit_own(own, own_settings, policy.limits)
    cut = _put_tags_together(own) if "tags" in own.origins else []
    directory = environ.get(sources.DIRECTORY_VARIABLE, "").strip()
    files = _secrets(directory, problems) if directory else {}
    further = choose(OPTIONS_JSON, [environment(OPTIONS_JSON, environ), files])
    json_options = in_options_json(further.values, further.origins)
    enforcement = in_force.enforced_by(policy)
    standing = {name: value for name, value in policy.enforced.options.items() if name not in CHAINED}
    below = [files, json_options, config.options, policy.defaults.options, platform]
    options = choose(
        SDK_OPTIONS,
        [standing, environment(SDK_OPTIONS, environ), *below],
        lambda field, value: enforcement.permits(init_name(field), value),
    )
    if in_app:
        sources.add_in_app(options, in_app)
    settings = {**_settings(options, enforcement), **_unknown(json_options, policy, config)}
    problems += [*own.problems, *further.problems, *options.problems, *unknown_variables(environ)]
    problems += [
        sources.quoted(options.origins[name], text)
        for name, text in options.values.items()
        if is_quoted(text)
    ]
    problems += policy.errors
    values = {name: setting.value for name, setting in settings.items() if setting.origin}
    if policy.required:
        problems += _missing(policy.required, {**values, **own_settings})
    return Loaded(
        values,
        OwnValues(**own.values),
        problems,
        {name: setting.origin for name, setting in settings.items() if setting.origin},
        {**settings, **own_settings},
        enforcement,
        policy,
        policies,
        [*policy.warnings, *cut],
        found,
        dict(environ),
    )


def _missing(required: Mapping[str, Origin], said: Mapping[str, Any]) -> Iterator[AutoconfError]:
    for name, origin in required.items():
        if name not in said:
            what = f"{name} is not set, but {printable(str(origin), 200)} requires it"
            variable = (SDK_OPTIONS.get(field_of(name)) or OWN_KEYS[name]).variable
            remedy = f"Set {variable}, or the key in a config file; until then the service runs without it."
            yield MissingSettingError(what, remedy=remedy)


def _secrets(directory: str, problems: list[AutoconfError]) -> dict[str, Candidate]:
    from sentry_asgi_autoconf.settings import files

    return files.secrets({**SDK_OPTIONS, **OPTIONS_JSON}, directory, problems)


def _limit_own(own: Choice, settings: dict[str, Setting], limits: Mapping[str, Limit]) -> None:
    """Bring numbers within their limits, unless they are enforced; one that nobody sets is as high as it may be."""
    for name, option in OWN_SETTINGS.items():
        limit, setting = limits.get(option.key), settings.get(option.key, UNSET)
        if limit is None or (setting.origin is not None and setting.origin.layer == ENFORCED):
            continue
        kept = limit.maximum if setting.value is None else limit.clamped(setting.value)
        if kept != setting.value:
            origin = setting.origin or _of_limit(option.key, limit)
            limited = setting._replace(value=kept, origin=origin, wanted=setting.value, ruled_by=str(limit))
            own.values[name], settings[option.key] = kept, limited


def _of_limit(name: str, limit: Limit) -> Origin:
    return Origin(f"[limits] {name}", ", ".join(each.place for each in limit.origins), layer=LIMITS)


def _put_tags_together(own: Choice) -> list[AutoconfError]:
    """Choose the tags of all layers, of one name the highest layer's; return a line for each that is cut."""
    found: dict[str, str] = {}
    cut: list[AutoconfError] = []
    for candidate in [*own.overrode["tags"][::-1], Candidate(own.values["tags"], own.origins["tags"])]:
        with suppress(ValueError):  # which is told where no higher layer has tags
            for name, text in OWN_SETTINGS["tags"].read(candidate.value).items():
                found[name] = text[:_LONGEST_TAG]
                if len(text) > _LONGEST_TAG:
                    where = printable(str(candidate.origin), 200)
                    what = f"the tag {name} of {where} is cut to {_LONGEST_TAG} characters"
                    cut.append(InvalidSettingError(what, remedy="Sentry does not accept longer values."))
    own.values["tags"] = found
    return cut


def without(loaded: Loaded, name: str) -> tuple[Loaded, list[AutoconfError]]:
    """Return the settings without a value of which the SDK can make nothing: the next lower layer's takes its place.

    With them, what is wrong with the values of those layers.
    """
    setting = loaded.settings[name]
    below, problems = _below(loaded, name)
    left_out = (Candidate(setting.value, setting.origin),) if setting.origin else ()
    below = below._replace(
        forbidden=(*setting.forbidden, *below.forbidden),
        ruled_by=below.ruled_by or setting.ruled_by,
        left_out=(*setting.left_out, *left_out),
    )
    options, origins = dict(loaded.options), dict(loaded.sources)
    del options[name], origins[name]
    if below.origin:
        options[name], origins[name] = below.value, below.origin
    settings = {**loaded.settings, name: below}
    return loaded._replace(options=options, sources=origins, settings=settings), problems


def _below(loaded: Loaded, name: str) -> tuple[Setting, list[AutoconfError]]:
    """Return an option's setting without the value at hand: the next lower layer's that is valid and permitted.

    With it, what is wrong with those that are passed over for it.
    """
    setting, field = loaded.settings[name], field_of(name)
    if not setting.overrode:
        return UNSET, []
    if field not in SDK_OPTIONS:
        below, *further = setting.overrode
        return Setting(below.value, below.origin, tuple(further)), []
    choice = choose(
        {field: SDK_OPTIONS[field]},
        [{field: candidate} for candidate in setting.overrode],
        lambda _, value: loaded.enforcement.permits(name, value),
    )
    return _settings(choice, loaded.enforcement).get(name, UNSET), choice.problems


def _settings(choice: Choice, enforcement: Enforcement) -> dict[str, Setting]:
    settings = {}
    for field in {**choice.origins, **choice.forbidden}:
        name, value = init_name(field), choice.values.get(field)
        kept = enforcement.clamped(name, value)
        forbidden = tuple(choice.forbidden.get(field, ()))
        settings[name] = Setting(
            kept,
            choice.origins.get(field),
            tuple(choice.overrode.get(field, ())),
            forbidden,
            value if kept != value else None,
            str(enforcement.source_of(name)) if forbidden or kept != value else "",
        )
    return settings


def _unknown(given: Mapping[str, Candidate], policy: Policy, config: Table) -> dict[str, Setting]:
    """Return the options that SDK_OPTIONS do not know."""
    given = {name: candidate for name, candidate in given.items() if name not in SDK_OPTIONS}
    found: dict[str, list[Candidate]] = {}
    for layer in (policy.defaults.further, config.further, given, policy.enforced.further):
        for name, candidate in layer.items():
            found[name] = [candidate, *found.get(name, ())]
    return {name: Setting(*highest, tuple(lower)) for name, (highest, *lower) in found.items()}


def apply_enforcement(loaded: Loaded) -> Loaded:
    """Return the settings as their policy leaves them: what only a limit or a hook of it sets is among them."""
    enforcement = loaded.enforcement
    if not enforcement:
        return loaded
    from sentry_sdk.consts import DEFAULT_OPTIONS  # not before `sdk`, which says what an SDK it is

    arguments, refusals = in_force.apply_policy(loaded.options, loaded.options, enforcement)
    # A part of `_experiments` is named with a dot.
    sources = {refusal.name.partition(".")[0]: refusal.source for refusal in refusals}
    settings = dict(loaded.settings)
    for name in {*loaded.options, *enforcement.values, *enforcement.hooks, *enforcement.limits}:
        if name in DEFAULT_OPTIONS:
            setting, applied = settings.get(name, UNSET), arguments.get(name)
            is_default = setting.origin is None and _same(applied, DEFAULT_OPTIONS[name])
            ruled_by = sources.get(name) or str(enforcement.limits.get(name, ""))
            settings[name] = _ruled(name, setting, applied, "" if is_default else ruled_by, enforcement)
    return loaded._replace(settings={name: each for name, each in settings.items() if each != UNSET})


def _ruled(name: str, setting: Setting, applied: Any, ruled_by: str, enforcement: Enforcement) -> Setting:
    """Return an option's setting, with no origin if neither a layer nor the policy sets it."""
    if name in enforcement.values and setting.origin != enforcement.origins[name]:
        below = (Candidate(setting.value, setting.origin), *setting.overrode) if setting.origin else ()
        return Setting(enforcement.values[name], enforcement.origins[name], below, setting.forbidden)
    if ruled_by and not _same(applied, setting.value):
        origin = setting.origin or _of_limit(name, enforcement.limits[name])
        return setting._replace(value=applied, origin=origin, wanted=setting.value, ruled_by=ruled_by)
    if setting.origin is None and name in enforcement.hooks:
        return setting._replace(value=enforcement.hooks[name], origin=enforcement.origins[name])
    return setting


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
