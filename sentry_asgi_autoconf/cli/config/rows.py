"""Tell of each setting what applies, where it comes from, and what others wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, Mapping, NamedTuple, Sequence

from sentry_sdk.consts import DEFAULT_OPTIONS, VERSION

from sentry_asgi_autoconf import __version__
from sentry_asgi_autoconf.enforcement import Enforcement, Refusal
from sentry_asgi_autoconf.limits import Limit
from sentry_asgi_autoconf.origin import SDK_DEFAULT, Origin
from sentry_asgi_autoconf.sdk import constraints
from sentry_asgi_autoconf.settings.base import variable_name
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.keys import OWN_PREFIX
from sentry_asgi_autoconf.settings.options import OPTION_GROUPS, SdkOptions, field_of, init_name
from sentry_asgi_autoconf.settings.own import OwnSettings
from sentry_asgi_autoconf.settings.provenance import Setting

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

    from sentry_asgi_autoconf.cli.config.imports import Checked
    from sentry_asgi_autoconf.settings.loading import Loaded

OWN_DEFAULT = "default"
LIMITS = "limits"
_UNSET = Setting(None, None)


class Row(NamedTuple):
    """A setting: its variable, the option of `sentry_sdk.init` if it is one, and how its value came about.

    `follower` is a policy's hook that runs after the value, with its origin. `is_left_out` says that the SDK would
    not take the value that was wanted.
    """

    name: str
    option: str | None
    field: FieldInfo | None
    setting: Setting
    limit: Limit | None = None
    follower: Candidate | None = None
    is_left_out: bool = False


class _Effect:
    """The arguments that a policy makes of the settings, and by option who says that it is another than was wanted."""

    def __init__(self, arguments: Mapping[str, Any], refusals: Sequence[Refusal]) -> None:
        self.arguments = arguments
        # A part of `_experiments` is named with a dot.
        self.said_by = {refusal.name.partition(".")[0]: refusal.said_by for refusal in refusals}


def of_options(loaded: Loaded, checked: Checked, *, all_of_them: bool) -> Iterator[Row]:
    """Give the SDK's options, in the order of the settings reference: those that somebody rules, or all."""
    enforcement = checked.enforcement
    taken = {name: value for name, value in loaded.options.items() if name not in checked.left_out}
    effect = _Effect(*constraints.held(taken, taken, enforcement))
    ruled = {*loaded.settings, *enforcement.hooks, *enforcement.limits, *enforcement.values, *effect.said_by}
    known = [init_name(field) for group in OPTION_GROUPS for field in group.model_fields]
    further = sorted(name for name in ruled if name not in known and not name.startswith(OWN_PREFIX))
    for name in [*known, *further]:
        setting = _in_effect(name, loaded, checked, effect)
        if all_of_them or name in ruled:
            yield Row(
                _variable(name),
                name,
                SdkOptions.model_fields.get(field_of(name)),
                setting,
                None if name in enforcement.values else enforcement.limits.get(name),
                _follower(name, enforcement, setting),
                name in checked.left_out,
            )


def of_own(loaded: Loaded, enforcement: Enforcement, *, all_of_them: bool) -> Iterator[Row]:
    """Give this package's own settings."""
    for field_name, field in OwnSettings.model_fields.items():
        setting = loaded.settings.get(OWN_PREFIX + field_name, _UNSET)
        if field_name == "traces_sample_rates" and not loaded.is_enforced(OWN_PREFIX + field_name):
            setting = _limited_by_path(setting, loaded.own.traces_sample_rates, enforcement)
        if setting.origin is None:
            origin = Origin(f"sentry-asgi-autoconf {__version__}", OWN_DEFAULT, layer=OWN_DEFAULT)
            setting = setting._replace(value=getattr(loaded.own, field_name), origin=origin)
            if not all_of_them:
                continue
        yield Row(variable_name(OwnSettings, field_name), None, field, setting)


def _variable(option: str) -> str:
    """Give the variable of an option; one that only a newer SDK knows has none, and is named itself."""
    field_name = field_of(option)
    return variable_name(SdkOptions, field_name) if field_name in SdkOptions.model_fields else option


def _in_effect(name: str, loaded: Loaded, checked: Checked, effect: _Effect) -> Setting:
    """Give the setting as a policy leaves it, and as the SDK takes it."""
    setting, enforcement = loaded.settings.get(name, _UNSET), checked.enforcement
    if name in checked.left_out:
        return _default(name, setting._replace(wanted=setting.value, value=None))
    if name in enforcement.values and setting.origin != enforcement.origins[name]:
        below = (Candidate(setting.value, setting.origin), *setting.overrode) if setting.origin else ()
        return Setting(enforcement.values[name], enforcement.origins[name], below, setting.forbidden)
    said_by = effect.said_by.get(name) or str(enforcement.limits.get(name, ""))
    applied = effect.arguments.get(name)
    is_default = setting.origin is None and (
        name not in enforcement.limits or _same(applied, DEFAULT_OPTIONS.get(name))
    )
    if said_by and not is_default and not _same(applied, setting.value):
        origin = setting.origin or _of_limit(name, enforcement.limits[name])
        return setting._replace(value=applied, origin=origin, wanted=setting.value, ruled_by=said_by)
    if setting.origin is None and name in enforcement.hooks:
        return setting._replace(value=enforcement.hooks[name], origin=enforcement.origins[name])
    return setting if setting.origin else _default(name, setting)


def _default(name: str, setting: Setting) -> Setting:
    lacks = "" if name in DEFAULT_OPTIONS else ", which has no such option"
    origin = Origin(f"sentry-sdk {VERSION}{lacks}", SDK_DEFAULT, layer=SDK_DEFAULT)
    return setting._replace(value=DEFAULT_OPTIONS.get(name), origin=origin)


def _of_limit(name: str, limit: Limit) -> Origin:
    return Origin(f"[limits] {name}", ", ".join(origin.place for origin in limit.origins), layer=LIMITS)


def _follower(name: str, enforcement: Enforcement, setting: Setting) -> Candidate | None:
    hook = enforcement.hooks.get(name)
    if hook is None or setting.origin == enforcement.origins[name]:
        return None
    return Candidate(hook, enforcement.origins[name])


def _limited_by_path(setting: Setting, rates: Mapping[str, float], enforcement: Enforcement) -> Setting:
    kept = enforcement.rates_by_path(rates)
    if kept == rates:
        return setting
    ruled = {*enforcement.values, *enforcement.limits}
    rulers = [name for name in ("traces_sample_rate", "traces_sampler") if name in ruled]
    said_by = ", ".join(str(enforcement.said_by(name)) for name in rulers)
    return setting._replace(value=kept, wanted=setting.value, ruled_by=said_by)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
