"""What the settings make of the arguments of `sentry_sdk.init`; imported where there is a destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, NamedTuple

from sentry_asgi_autoconf.activation import layers
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import (
    AutoconfError,
    InvalidPolicyError,
    NotPermittedError,
    UnsupportedOptionError,
)
from sentry_asgi_autoconf.policy.enforcement import BLOCKING, Enforcement
from sentry_asgi_autoconf.policy.in_force import apply_policy
from sentry_asgi_autoconf.provenance import LIMITS, UNSET, Candidate, Origin, Setting
from sentry_asgi_autoconf.sdk import init_options as init_options
from sentry_asgi_autoconf.sdk.arguments import Arguments
from sentry_asgi_autoconf.settings import destinations
from sentry_asgi_autoconf.settings.own import OwnValues

if TYPE_CHECKING:
    from sentry_asgi_autoconf.activation.layers import Loaded
    from sentry_asgi_autoconf.sdk.arguments import Found, Merged


class Resolved(NamedTuple):
    """The settings that apply: a value counts if the installed SDK can take it, an import string if it leads somewhere.

    `loaded` has the values as they are written, `options` and `enforcement` have what they lead to.
    """

    loaded: Loaded
    options: dict[str, Any]
    enforcement: Enforcement
    problems: list[AutoconfError]

    def build_arguments(self) -> Arguments:
        """Return what every client of this process is made from."""
        own, reported = self.loaded.own, set(map(str, self.loaded.problems))
        if not self.loaded.is_enforced("asgi_traces_sample_rates"):
            rates = self.enforcement.rates_by_path(own.traces_sample_rates)
            own = OwnValues(**{**vars(own), "traces_sample_rates": rates})

        def look_up() -> Found:
            from sentry_asgi_autoconf.activation import sdk_environment  # most apps never call `init`

            return sdk_environment.look_up(self.loaded, reported)

        return Arguments(self.options, self.enforcement, own, look_up)


def not_permitted(loaded: Loaded, merged: Merged) -> Iterator[AutoconfError]:
    """Yield a line for each destination that the settings name and the policy does not permit, or cannot hold."""
    is_sent = destinations.is_sent(merged.arguments)
    for name in filter(loaded.settings.__contains__, destinations.WAYS_OUT):
        setting = loaded.settings[name]
        instead = f"{setting.origin} applies" if setting.origin else "it is left out"
        until_then = "nothing is sent" if name == "dsn" and not is_sent else instead
        for candidate in setting.forbidden:
            yield _not_permitted(str(candidate.origin), setting.ruled_by, until_then)
    for refusal in merged.refusals:
        option = refusal.name.partition(".")[0]
        if option in destinations.WAYS_OUT:
            where = refusal.variable or str(loaded.sources.get(option, f"{refusal.name} of a configurator"))
            yield _not_permitted(where, refusal.source, "it is left out")
    if merged.unheld:
        from sentry_asgi_autoconf.activation.app_init import unheld

        yield unheld(str(loaded.sources.get("transport", "a configurator")), merged.unheld)


def _not_permitted(where: str, said_by: str, until_then: str) -> AutoconfError:
    what = f"{printable(where, 200)} is not permitted by {printable(said_by, 400)}"
    return NotPermittedError(what, remedy=f"Set one that the policy allows; until then {until_then}.")


def resolve(loaded: Loaded, *, follow: bool = True) -> Resolved:
    """Return the settings with what their import strings lead to, and a problem for each that leads nowhere.

    They are imported here if `follow`, and taken to lead somewhere if not.
    """
    given = loaded.enforcement
    ruled = {**given.values, **given.hooks}
    found, doubts = init_options.build(ruled, given.origins, defers=_defers(loaded), follow=follow)
    loaded, options, problems = _usable(loaded, follow)
    # An option that this SDK does not have cannot be set by an app either.
    grave = [doubt for doubt in doubts if not isinstance(doubt, UnsupportedOptionError)]
    if grave:
        loaded = _in_effect(loaded._replace(enforcement=BLOCKING))
        return Resolved(loaded, {}, BLOCKING, [*problems, *map(_of_policy, grave)])
    enforcement = given._replace(
        values={name: found.get(name, value) for name, value in given.values.items()},
        hooks={name: found.get(name, hook) for name, hook in given.hooks.items()},
    )
    options.update({name: found[name] for name in given.values if name in found})
    return Resolved(_in_effect(loaded), options, enforcement, [*problems, *doubts])


def _usable(loaded: Loaded, follow: bool) -> tuple[Loaded, dict[str, Any], list[AutoconfError]]:
    """Return the settings below what is enforced, each of the highest layer whose value the SDK can take."""
    # Said even where it is off: the SDK would read a SENTRY_SPOTLIGHT that was refused.
    options: dict[str, Any] = {"spotlight": False}
    problems: list[AutoconfError] = []
    defers = _defers(loaded)
    for name in [name for name in loaded.options if name not in loaded.enforcement.values]:
        while name in loaded.options:
            given = (name, loaded.options[name], loaded.sources[name])
            try:
                options[name] = init_options.argument(*given, problems, defers=defers, follow=follow)
                break
            except AutoconfError as error:
                loaded, further = layers.without(loaded, name)
                problems += [_with_what_applies(error, loaded.sources.get(name)), *further]
    return loaded, options, problems


def _with_what_applies(error: AutoconfError, instead: Origin | None) -> AutoconfError:
    if instead is None:
        return error
    remedy = f"{error.remedy} Until then {printable(str(instead), 200)} applies."
    return type(error)(error.what, remedy=remedy)


def _of_policy(doubt: AutoconfError) -> AutoconfError:
    return InvalidPolicyError(doubt.what, remedy=f"{doubt.remedy} Until then nothing leaves this process.")


def _defers(loaded: Loaded) -> bool:
    return bool(loaded.own.integrations == "deferred")


def _in_effect(loaded: Loaded) -> Loaded:
    """Return the settings as their policy leaves them: what only a limit or a hook of it sets is among them."""
    enforcement = loaded.enforcement
    if not enforcement:
        return loaded
    from sentry_sdk.consts import DEFAULT_OPTIONS  # not before `sdk`, which says what an SDK it is

    arguments, refusals = apply_policy(loaded.options, loaded.options, enforcement)
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
        origin = setting.origin or _of_limit(name, enforcement)
        return setting._replace(value=applied, origin=origin, wanted=setting.value, ruled_by=ruled_by)
    if setting.origin is None and name in enforcement.hooks:
        return setting._replace(value=enforcement.hooks[name], origin=enforcement.origins[name])
    return setting


def _of_limit(name: str, enforcement: Enforcement) -> Origin:
    places = ", ".join(origin.place for origin in enforcement.limits[name].origins)
    return Origin(f"[limits] {name}", places, layer=LIMITS)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
