"""Let hooks follow one another: each sees the event as the one before it left it, a policy's has the last word."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Mapping

from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.utils import capture_internal_exceptions

from sentry_asgi_autoconf.policy.constraints import copied

Hook = Callable[[Any, Any], Any]
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
    """Put `hook`, which may fail and cost nothing, before init's argument of this name."""
    then = arguments.get(name)
    arguments[name] = in_turn(name, OptionalHook(hook), *([] if then is None else [then]))


def shut(arguments: dict[str, Any], enforced: Mapping[str, Any]) -> None:
    """Drop what an enforced value switches off: the SDK sends it where code or an integration hands it in."""
    for switch, name in _SWITCHES.items():
        if enforced.get(switch) is False:
            shut_out(arguments, name)


def shut_out(arguments: dict[str, Any], name: str) -> None:
    """Drop what init's argument of this name would be asked for."""
    if name in DEFAULT_OPTIONS:
        arguments[name] = _dropped


def as_it_is(data: Any, hint: Any) -> Any:
    """Leave it as it is."""
    return data


def _dropped(data: Any, hint: Any) -> None:
    """Drop it."""


def experiments_of(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give init's `_experiments`, as far as an app has made something of the kind of them."""
    experiments = arguments.get("_experiments")
    return experiments if isinstance(experiments, Mapping) else {}


def is_streaming(arguments: Mapping[str, Any]) -> bool:
    """Whether a client of these arguments of init's sends its spans one by one."""
    return "stream" in (arguments.get("trace_lifecycle"), experiments_of(arguments).get("trace_lifecycle"))


def in_turn(name: str, *hooks: Hook) -> Hook:
    """Return a hook for init's argument of this name that calls all of them, unless one drops the event."""
    return _KINDS.get(name, Hooks)(hooks)


class OptionalHook:
    """A hook that the data goes on without, where it raises."""

    def __init__(self, hook: Hook) -> None:
        """Take it."""
        self._hook = hook

    def __call__(self, data: Any, hint: Any) -> Any:
        """Return what the hook makes of the data, or else the data."""
        with capture_internal_exceptions():
            return self._hook(data, hint)
        return data


class Hooks:
    """Hooks one after the other; what one of them raises, the SDK drops the data for."""

    def __init__(self, hooks: tuple[Hook, ...]) -> None:
        """Take them in their order."""
        self._hooks = hooks

    def __call__(self, data: Any, hint: Any) -> Any:
        """Return what they make of the data, None if one drops it."""
        for hook in self._hooks:
            data = self._result(hook, data, hint)
            if data is None:
                return None
        return data

    def _result(self, hook: Hook, data: Any, hint: Any) -> Any:
        return hook(data, hint)


class BreadcrumbHooks(Hooks):
    """Where one of these raises, the SDK goes on with the breadcrumb that it was given, changed or not."""

    def _result(self, hook: Hook, data: Any, hint: Any) -> Any:
        return OptionalHook(hook)(data, hint)


class SpanHooks(Hooks):
    """None of these may drop a span: where one raises or returns none, the SDK goes on with the span as it was."""

    def _result(self, hook: Hook, data: Any, hint: Any) -> Any:
        before = copied(data)
        found = data
        with capture_internal_exceptions():
            try:
                found = hook(data, hint)
            except Exception:
                found = before
                raise
        return found if isinstance(found, dict) and ("name" in found or "name" not in before) else before


_KINDS = {"before_breadcrumb": BreadcrumbHooks, "before_send_span": SpanHooks}


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
