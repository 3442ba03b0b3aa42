"""What a policy does not leave to anybody: enforced values, hooks that follow the app's, and limits."""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from sentry_asgi_autoconf.limits import Limit
from sentry_asgi_autoconf.origin import Origin

# What would take the place of an option, and so undo what is enforced of it.
_SUBSTITUTES = {
    "profiles_sample_rate": ("profiles_sampler",),
    "sample_rate": ("error_sampler",),
    "traces_sample_rate": ("traces_sampler", "enable_tracing"),
}


class Enforcement(NamedTuple):
    """Values and limits by option of `sentry_sdk.init`; `hooks` come on top of those that others set."""

    values: Mapping[str, Any] = {}
    hooks: Mapping[str, Any] = {}
    limits: Mapping[str, Limit] = {}
    origins: Mapping[str, Origin] = {}

    def __bool__(self) -> bool:
        """Whether anything is enforced or limited."""
        return bool(self.values or self.hooks or self.limits)

    def substitutes(self) -> dict[str, str]:
        """Give the options that would undo an enforced one, each with the one that it would undo."""
        found = {
            other: name
            for name in self.values
            for other in _SUBSTITUTES.get(name, ())
            if other not in self.values
        }
        if "data_collection" in self.values:
            return found
        # The SDK heeds neither where the data to collect are said one by one.
        if self.values.get("send_default_pii") is False:
            found["data_collection"] = "send_default_pii"
        if "event_scrubber" in self.hooks:
            found["data_collection"] = "event_scrubber"
        return found

    def names(self) -> set[str]:
        """Give every option that is enforced or limited, and those that would undo one."""
        return {*self.values, *self.limits, *self.substitutes()}

    def permits(self, name: str, value: Any) -> bool:
        """Whether a valid value of an option may stand, clamped if need be."""
        if name in self.values:
            return True
        limit = self.limits.get(name)
        return name not in self.substitutes() and (limit is None or limit.permits(value))

    def clamped(self, name: str, value: Any) -> Any:
        """Give an option's value within its limit; an enforced value is not limited."""
        limit = self.limits.get(name)
        return value if limit is None or name in self.values else limit.clamped(value)

    def rates_by_path(self, rates: Mapping[str, float]) -> dict[str, float]:
        """Give trace rates by path as far as they may differ from the general one."""
        if "traces_sample_rate" in self.values:
            return {}
        return {path: self.clamped("traces_sample_rate", rate) for path, rate in rates.items()}

    def said_by(self, name: str) -> Origin | str:
        """Tell where it is said what an option may be."""
        name = self.substitutes().get(name, name)
        return self.origins.get(name) or str(self.limits[name])


def nothing_leaves(origin: Origin) -> Enforcement:
    """Give what is enforced where a policy is not known: no event is sent anywhere."""
    values = {"dsn": "", "spotlight": False, "transport": None}
    return Enforcement(values, {}, {}, dict.fromkeys(values, origin))
