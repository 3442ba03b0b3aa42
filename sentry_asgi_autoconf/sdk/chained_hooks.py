"""Let hooks follow one another: each sees the event as the one before it left it, a policy's has the last word."""

from __future__ import annotations

import inspect
from contextlib import nullcontext
from typing import Any, Callable, Mapping

from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.utils import capture_internal_exceptions

Hook = Callable[[Any, Any], Any]

# Where one of these raises, the SDK goes on with what it was given; it drops what other hooks raise for.
_GO_ON = ("before_breadcrumb", "before_send_span")
_SWITCHES = {"enable_logs": "before_send_log", "enable_metrics": "before_send_metric"}


def add(arguments: dict[str, Any], hooks: Mapping[str, Any]) -> None:
    """Put each of `hooks` behind init's argument of its name."""
    experiments = experiments_of(arguments)
    for name, hook in hooks.items():
        first = arguments.get(name) or experiments.get(name)
        if name == "event_scrubber":
            arguments[name] = Scrubbers(first or _usual_scrubber(arguments), hook)
        elif name in DEFAULT_OPTIONS:
            arguments[name] = hook if first is None else in_turn(name, first, hook)


def put_first(arguments: dict[str, Any], name: str, hook: Hook) -> None:
    """Put `hook` before init's argument of this name."""
    then = arguments.get(name)
    arguments[name] = hook if then is None else in_turn(name, hook, then)


def shut(arguments: dict[str, Any], enforced: Mapping[str, Any]) -> None:
    """Drop what an enforced value switches off: the SDK sends it where code or an integration hands it in."""
    for switch, name in _SWITCHES.items():
        if enforced.get(switch) is False and name in DEFAULT_OPTIONS:
            arguments[name] = _dropped


def _dropped(data: Any, hint: Any) -> None:
    """Drop it."""


def experiments_of(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give init's `_experiments`, as far as an app has made something of the kind of them."""
    experiments = arguments.get("_experiments")
    return experiments if isinstance(experiments, Mapping) else {}


def in_turn(name: str, *hooks: Hook) -> Hook:
    """Give a hook for init's argument of this name that calls all of them, unless one drops the event."""
    may_drop = name != "before_send_span"

    def hook(data: Any, hint: Any) -> Any:
        for each in hooks:
            found = data
            with capture_internal_exceptions() if name in _GO_ON else nullcontext():
                found = each(data, hint)
            if found is None and may_drop:
                return None
            # What is no span, the SDK passes over, and so would it what the others did.
            data = found if may_drop or isinstance(found, dict) else data
        return data

    return hook


class Scrubbers:
    """Scrubs with two scrubbers, with the second whatever becomes of the first."""

    def __init__(self, first: Any, second: Any) -> None:
        """Take them in their order."""
        self._first = first
        self._second = second

    def scrub_event(self, event: Any) -> None:
        """Scrub the event in place."""
        try:
            self._first.scrub_event(event)
        finally:
            self._second.scrub_event(event)


def _usual_scrubber(arguments: Mapping[str, Any]) -> Any:
    # In the first releases it had no such parameter.
    if "send_default_pii" in inspect.signature(EventScrubber.__init__).parameters:
        return EventScrubber(send_default_pii=bool(arguments.get("send_default_pii")))
    return EventScrubber()
