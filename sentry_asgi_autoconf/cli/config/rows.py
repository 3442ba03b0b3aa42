"""Tell of each setting what applies, where it comes from, and what others wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, Mapping, NamedTuple

from sentry_sdk.consts import DEFAULT_OPTIONS, VERSION

from sentry_asgi_autoconf import __version__
from sentry_asgi_autoconf.policy.enforcement import Enforcement
from sentry_asgi_autoconf.policy.limits import Limit
from sentry_asgi_autoconf.provenance import SDK_DEFAULT, Candidate, Origin, Setting
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS, field_of, init_name
from sentry_asgi_autoconf.settings.own import OWN_PREFIX, OWN_SETTINGS

if TYPE_CHECKING:
    from sentry_asgi_autoconf.activation.layers import Loaded
    from sentry_asgi_autoconf.settings.kinds import Option

OWN_DEFAULT = "default"
_UNSET = Setting(None, None)


class Row(NamedTuple):
    """A setting: its variable, the option of `sentry_sdk.init` if it is one, and how its value came about.

    `follower` is a policy's hook that runs after the value, with its origin.
    """

    name: str
    option: str | None
    declared: Option | None
    setting: Setting
    limit: Limit | None = None
    follower: Candidate | None = None


def of_options(loaded: Loaded, *, all_of_them: bool) -> Iterator[Row]:
    """Give the SDK's options, in the order of the settings reference: those that somebody rules, or all."""
    enforcement = loaded.enforcement
    ruled = {*loaded.settings, *enforcement.hooks, *enforcement.limits, *enforcement.values}
    known = [init_name(each) for each in SDK_OPTIONS]
    further = sorted(name for name in ruled if name not in known and not name.startswith(OWN_PREFIX))
    for name in [*known, *further]:
        if all_of_them or name in ruled:
            setting = loaded.settings.get(name, _UNSET)
            yield Row(
                _variable(name),
                name,
                SDK_OPTIONS.get(field_of(name)),
                setting if setting.origin else _default(name, setting),
                None if name in enforcement.values else enforcement.limits.get(name),
                _follower(name, enforcement, setting),
            )


def of_own(loaded: Loaded, *, all_of_them: bool) -> Iterator[Row]:
    """Give this package's own settings."""
    for field_name, option in OWN_SETTINGS.items():
        setting = loaded.settings.get(OWN_PREFIX + field_name, _UNSET)
        if field_name == "traces_sample_rates" and not loaded.is_enforced(OWN_PREFIX + field_name):
            setting = _limited_by_path(setting, loaded.own.traces_sample_rates, loaded.enforcement)
        if setting.origin is None:
            origin = Origin(f"sentry-asgi-autoconf {__version__}", OWN_DEFAULT, layer=OWN_DEFAULT)
            setting = setting._replace(value=getattr(loaded.own, field_name), origin=origin)
            if not all_of_them:
                continue
        yield Row(option.variable, None, option, setting)


def _variable(option: str) -> str:
    """Give the variable of an option; one that only a newer SDK knows has none, and is named itself."""
    declared = SDK_OPTIONS.get(field_of(option))
    return declared.variable if declared else option


def _default(name: str, setting: Setting) -> Setting:
    lacks = "" if name in DEFAULT_OPTIONS else ", which has no such option"
    origin = Origin(f"sentry-sdk {VERSION}{lacks}", SDK_DEFAULT, layer=SDK_DEFAULT)
    return setting._replace(value=DEFAULT_OPTIONS.get(name), origin=origin)


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
    said_by = ", ".join(str(enforcement.source_of(name)) for name in rulers)
    return setting._replace(value=kept, wanted=setting.value, ruled_by=said_by)
