"""Hold back events like many that a process has just sent; imported where there is a budget.

Which events leave is known once all hooks have seen them and the share is drawn. The SDK asks the `error_sampler` last:
by then it has counted the error in its session, and it reports what is not sent. But it hands it another event than the
one that it sends, which the last `before_send` has seen.
"""

from __future__ import annotations

import os
import random
import threading
import time
from typing import Any, Callable, Iterator

from sentry_sdk.utils import capture_internal_exceptions

from sentry_asgi_autoconf.policy.limits import is_number
from sentry_asgi_autoconf.serving import chained_hooks

_MINUTE = 60.0
# Fingerprints that are told apart.
_MOST_FINGERPRINTS = 1000
_ALL_OTHERS = 0
# How an event's own fingerprint names the usual one.
_USUAL = ("{{ default }}", "{{default}}")
_CONTEXT, _HELD_BACK = "sentry_asgi_autoconf", "events_held_back"


def add(arguments: dict[str, Any], per_minute: int) -> None:
    """Put a budget behind the hooks and the sampler of errors of init's `arguments`."""
    sampler, share = arguments.get("error_sampler"), arguments.get("sample_rate")
    gate = Gate(
        EventBudget(per_minute), sampler if callable(sampler) else None, 1.0 if share is None else share
    )
    chained_hooks.add(arguments, {"before_send": gate.remember})
    arguments["error_sampler"] = gate.sample


class Gate:
    """Asks the budget about each event that is about to leave."""

    def __init__(self, budget: EventBudget, sampler: Callable[[Any, Any], Any] | None, share: Any) -> None:
        self._made_of = budget, sampler, share
        # The event that each thread is about to send.
        self._leaving = threading.local()

    def __reduce__(self) -> tuple[Any, ...]:
        return Gate, self._made_of

    def remember(self, event: Any, hint: Any) -> Any:
        """Remember an event as it is sent; a `before_send`, and the last."""
        self._leaving.event = event
        return event

    def sample(self, event: Any, hint: Any) -> Any:
        """Return whether an event is sent, as a rate; an `error_sampler`."""
        budget, sampler, share = self._made_of
        leaving = vars(self._leaving).pop("event", event)
        rate = share if sampler is None else sampler(event, hint)
        if is_number(rate) and random.random() >= rate:
            return 0.0
        with capture_internal_exceptions():  # the event may be of any shape, and is sent all the same
            held_back = budget.spend(fingerprint_of(leaving), time.monotonic())
            if held_back is None:
                return 0.0
            if held_back:
                leaving.setdefault("contexts", {}).setdefault(_CONTEXT, {})[_HELD_BACK] = held_back
        return 1.0 if is_number(rate) else rate  # the SDK says what is wrong with it


class EventBudget:
    """Counts the events of each fingerprint that are sent in a minute, which begins with the first, and all others."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._begin()

    def _begin(self) -> None:
        self._lock, self._process = threading.Lock(), os.getpid()
        self._known: dict[int, _Minute] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return EventBudget, (self._per_minute,)

    def spend(self, fingerprint: int, now: float) -> int | None:
        """Return how many were held back since the last that was sent; None if this one is to be held back too."""
        if self._process != os.getpid():
            self._begin()  # with a lock that nobody in a forked child holds
        with self._lock:
            minute = self._minute_of(fingerprint, now)
            if now >= minute.end:
                minute.end, minute.sent = now + _MINUTE, 0
            if minute.sent >= self._per_minute:
                minute.held_back += 1
                return None
            minute.sent += 1
            held_back, minute.held_back = minute.held_back, 0
            return held_back

    def _minute_of(self, fingerprint: int, now: float) -> _Minute:
        known = self._known
        if fingerprint not in known and len(known) >= _MOST_FINGERPRINTS:
            self._known = known = {key: minute for key, minute in known.items() if now < minute.end}
            if len(known) >= _MOST_FINGERPRINTS:
                fingerprint = _ALL_OTHERS
        return known.setdefault(fingerprint, _Minute())


class _Minute:
    __slots__ = ("end", "held_back", "sent")

    def __init__(self) -> None:
        self.end, self.sent, self.held_back = float("-inf"), 0, 0


def fingerprint_of(event: Any) -> int:
    """Return what events have in common of which Sentry would, most of the time, make one issue."""
    usual = tuple(_exceptions(event)) or _message(event)
    own = event.get("fingerprint")
    if isinstance(own, (list, tuple)) and own:
        return hash(tuple(usual if part in _USUAL else str(part) for part in own))
    return hash(usual)


def _exceptions(event: Any) -> Iterator[tuple[Any, ...]]:
    for exception in (event.get("exception") or {}).get("values") or ():
        frames = (exception.get("stacktrace") or {}).get("frames") or [{}]
        frame = next((each for each in reversed(frames) if each.get("in_app")), frames[-1])
        place = frame.get("module") or frame.get("filename"), frame.get("function")
        yield (exception.get("type"), *(place if any(place) else [str(exception.get("value"))]))


def _message(event: Any) -> tuple[Any, ...]:
    said = event.get("logentry") or {}
    return event.get("logger"), event.get("level"), str(said.get("message") or event.get("message"))
