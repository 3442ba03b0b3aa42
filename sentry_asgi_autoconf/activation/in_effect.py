"""What a policy leaves of the settings: the value of each option that applies, and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Mapping

from sentry_asgi_autoconf.policy import constraints
from sentry_asgi_autoconf.provenance import LIMITS, Candidate, Origin, Setting

if TYPE_CHECKING:
    from sentry_asgi_autoconf.activation.layers import Loaded
    from sentry_asgi_autoconf.policy.enforcement import Enforcement
    from sentry_asgi_autoconf.policy.limits import Limit

_UNSET = Setting(None, None)


def settled(loaded: Loaded) -> Loaded:
    """Return the settings as their policy leaves them: what only a limit or a hook of it sets is among them."""
    if not loaded.enforcement:
        return loaded
    effect = _Effect(loaded)
    settings = {name: effect.setting(name) for name in effect.names}
    return loaded._replace(
        settings={**loaded.settings, **{name: each for name, each in settings.items() if each != _UNSET}}
    )


class _Effect:
    """The arguments that a policy makes of the settings, and by option who says that it is another than was wanted."""

    def __init__(self, loaded: Loaded) -> None:
        from sentry_sdk.consts import DEFAULT_OPTIONS  # not before `sdk`, which says what an SDK it is

        self._usual: Mapping[str, Any] = DEFAULT_OPTIONS
        self._enforcement: Enforcement = loaded.enforcement
        self._settings: Mapping[str, Setting] = loaded.settings
        self._arguments, refusals = constraints.held(loaded.options, loaded.options, self._enforcement)
        # A part of `_experiments` is named with a dot.
        self._said_by = {refusal.name.partition(".")[0]: refusal.said_by for refusal in refusals}
        enforcement = self._enforcement
        self.names = {*loaded.options, *enforcement.values, *enforcement.hooks, *enforcement.limits}

    def setting(self, name: str) -> Setting:
        """Return an option's setting, with no origin if neither a layer nor the policy sets it."""
        setting, enforcement = self._settings.get(name, _UNSET), self._enforcement
        if name not in self._usual:
            return setting
        if name in enforcement.values and setting.origin != enforcement.origins[name]:
            below = (Candidate(setting.value, setting.origin), *setting.overrode) if setting.origin else ()
            return Setting(enforcement.values[name], enforcement.origins[name], below, setting.forbidden)
        said_by = self._said_by.get(name) or str(enforcement.limits.get(name, ""))
        applied = self._arguments.get(name)
        is_default = setting.origin is None and _same(applied, self._usual.get(name))
        if said_by and not is_default and not _same(applied, setting.value):
            origin = setting.origin or _of_limit(name, enforcement.limits[name])
            return setting._replace(value=applied, origin=origin, wanted=setting.value, ruled_by=said_by)
        if setting.origin is None and name in enforcement.hooks:
            return setting._replace(value=enforcement.hooks[name], origin=enforcement.origins[name])
        return setting


def _of_limit(name: str, limit: Limit) -> Origin:
    return Origin(f"[limits] {name}", ", ".join(origin.place for origin in limit.origins), layer=LIMITS)


def _same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)
