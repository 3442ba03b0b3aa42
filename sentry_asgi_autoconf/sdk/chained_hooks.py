"""Let a policy's hook follow the one that is there: both see the event, and the policy's has the last word."""

from __future__ import annotations

from typing import Any, Callable, Mapping

from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.scrubber import EventScrubber

Hook = Callable[[Any, Any], Any]


def add(arguments: dict[str, Any], hooks: Mapping[str, Any]) -> None:
    """Put each of `hooks` behind init's argument of its name."""
    experiments = arguments.get("_experiments") or {}
    for name, hook in hooks.items():
        first = arguments.get(name) or experiments.get(name)
        if name == "event_scrubber":
            usual = EventScrubber(send_default_pii=bool(arguments.get("send_default_pii")))
            arguments[name] = Scrubbers(first or usual, hook)
        elif name in DEFAULT_OPTIONS:
            arguments[name] = hook if first is None else in_turn(first, hook)


def in_turn(first: Hook, then: Hook) -> Hook:
    """Give a hook that calls both, the second with what the first gives, unless that drops it."""

    def hook(data: Any, hint: Any) -> Any:
        kept = first(data, hint)
        return None if kept is None else then(kept, hint)

    return hook


class Scrubbers:
    """Scrubs with several scrubbers, one after the other."""

    def __init__(self, *scrubbers: Any) -> None:
        """Take them in their order."""
        self._scrubbers = scrubbers

    def scrub_event(self, event: Any) -> None:
        """Scrub the event in place."""
        for scrubber in self._scrubbers:
            scrubber.scrub_event(event)
