"""Let hooks follow one another: each sees the event as the one before it left it, a policy's has the last word."""

from __future__ import annotations

import inspect
from typing import Any, Callable, Mapping

from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.utils import capture_internal_exceptions

from sentry_asgi_autoconf.policy.enforcement import copied

Hook = Callable[[Any, Any], Any]
_SWITCHES = {"enable_logs": "before_send_log", "enable_metrics": "before_send_metric"}


def add(arguments: dict[str, Any], hooks: Mapping[str, Any]) -> None:
    """Put each of `hooks` behind init's argument of its name."""
    for name, hook in hooks.items():
        first = _given(arguments, name)
        if name == "event_scrubber":
            arguments[name] = _Scrubbers(first or usual_scrubber(arguments), hook)
        elif name in DEFAULT_OPTIONS:
            arguments[name] = _KINDS.get(name, _Hooks)((first, hook)) if first else hook


def put_first(arguments: dict[str, Any], name: str, hook: Hook) -> None:
    """Put `hook` before init's argument of this name."""
    if name in DEFAULT_OPTIONS:
        then = _given(arguments, name)
        arguments[name] = _KINDS.get(name, _Hooks)((hook, then)) if then else hook


def shut(arguments: dict[str, Any], enforced: Mapping[str, Any]) -> None:
    """Drop what an enforced value switches off: the SDK sends it where code or an integration hands it in."""
    for switch, name in _SWITCHES.items():
        if enforced.get(switch) is False:
            shut_out(arguments, name)


def shut_out(arguments: dict[str, Any], name: str) -> None:
    """Drop what init's argument of this name would be asked for."""
    if name in DEFAULT_OPTIONS:
        arguments[name] = _dropped


def is_streaming(arguments: Mapping[str, Any]) -> bool:
    """Whether a client of these arguments of init's, or of these options, sends its spans one by one."""
    return "stream" in (arguments.get("trace_lifecycle"), _experiments(arguments).get("trace_lifecycle"))


def _experiments(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    found = arguments.get("_experiments")
    return found if isinstance(found, Mapping) else {}


def _given(arguments: Mapping[str, Any], name: str) -> Any:
    return arguments.get(name) or _experiments(arguments).get(name)


def _dropped(data: Any, hint: Any) -> None:
    """Drop it."""


class _Hooks:
    """Hooks one after the other; what one of them raises, the SDK drops the data for."""

    def __init__(self, hooks: tuple[Hook, ...]) -> None:
        self._hooks = hooks

    def __call__(self, data: Any, hint: Any) -> Any:
        for hook in self._hooks:
            data = self._result(hook, data, hint)
            if data is None:
                return None
        return data

    def _result(self, hook: Hook, data: Any, hint: Any) -> Any:
        return hook(data, hint)


class _BreadcrumbHooks(_Hooks):
    """Where one of these raises, the SDK goes on with the breadcrumb that it was given, changed or not."""

    def _result(self, hook: Hook, data: Any, hint: Any) -> Any:
        with capture_internal_exceptions():
            return hook(data, hint)
        return data


class _SpanHooks(_Hooks):
    """None of these may drop a span: where one raises or returns none, the SDK goes on with the span as it was."""

    def _result(self, hook: Hook, data: Any, hint: Any) -> Any:
        before, found = copied(data), data
        with capture_internal_exceptions():
            try:
                found = hook(data, hint)
            except Exception:  # of one that exits the SDK keeps what it has changed
                found = before
                raise
        return found if isinstance(found, dict) and ("name" in found or "name" not in before) else before


_KINDS = {"before_breadcrumb": _BreadcrumbHooks, "before_send_span": _SpanHooks}


class _Scrubbers:
    """Scrubs with two scrubbers, with the second whatever becomes of the first."""

    def __init__(self, first: Any, second: Any) -> None:
        self._first, self._second = first, second

    def scrub_event(self, event: Any) -> None:
        try:
            self._first.scrub_event(event)
        finally:
            self._second.scrub_event(event)


def usual_scrubber(arguments: Mapping[str, Any]) -> Any:
    """Return the scrubber that the SDK takes where there is no argument."""
    # In the first releases it had no such parameter.
    if "send_default_pii" not in inspect.signature(EventScrubber.__init__).parameters:
        return EventScrubber()
    return EventScrubber(send_default_pii=bool(arguments.get("send_default_pii")))
