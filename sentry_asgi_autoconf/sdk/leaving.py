"""Apply rules to each event, log, metric and streamed span as it leaves, after every hook.

What an event says of itself (its environment, its user) no argument of init's decides.
"""

from __future__ import annotations

import re
import time
from typing import Any, Mapping, NamedTuple, Sequence

from sentry_asgi_autoconf.policy.enforcement import Enforcement
from sentry_asgi_autoconf.serving.chained_hooks import Hook, is_streaming
from sentry_asgi_autoconf.serving.credentials import FILTERED
from sentry_asgi_autoconf.settings.scrub_rules import Rule, rule_of

# Characters that an expression of a setting sees at once, and how many of them it sees twice.
_PIECE, _OVERLAP = 256, 128
# Seconds that the look at one event may take; what is left then is held back.
_LONGEST_LOOK = 0.1
# What is longer is held back whole.
_LONGEST = 200_000
_DEEPEST = 64
_SENTRY_S = re.compile(r"[a-z_.]{1,40}")  # without digits, capitals and signs
_SHORTEST_NUMBER = 12  # digits: a shorter one is not what text would be looked through for
# By place, what is Sentry's own, and by what an event is known. An item of a list has the place of all of them.
_KEPT = True
_ITEM = None
_OF_SPAN = dict.fromkeys(
    ("trace_id", "span_id", "parent_span_id", "timestamp", "start_timestamp", "end_timestamp"), _KEPT
)
_DATA = dict.fromkeys(("thread.id", "sentry.segment.id", "sentry.release"), _KEPT)
_FRAMES = {"frames": {_ITEM: dict.fromkeys(("filename", "abs_path", "module", "function"), _KEPT)}}
_PLACES: dict[Any, Any] = {
    **_OF_SPAN,
    **dict.fromkeys(("event_id", "type", "platform", "sdk", "modules", "debug_meta", "_meta"), _KEPT),
    **dict.fromkeys(("release", "dist", "time_unix_nano"), _KEPT),
    "attributes": _DATA,
    "contexts": {"trace": {**_OF_SPAN, "data": _DATA}},
    "spans": {_ITEM: {**_OF_SPAN, "data": _DATA}},
    "links": {_ITEM: _OF_SPAN},
    "exception": {"values": {_ITEM: {"stacktrace": _FRAMES}}},
    "threads": {"values": {_ITEM: {"stacktrace": _FRAMES}}},
    "stacktrace": _FRAMES,
}
# By which attribute a log, a metric or a streamed span says the same.
_LABELS = {
    "dist": "sentry.dist",
    "environment": "sentry.environment",
    "release": "sentry.release",
    "server_name": "server.address",
}
_USER = "user."
_USER_NAME = {"name": "username"}


class OnLeaving(NamedTuple):
    """Whether attachments are sent, which fields of a user (None stands for all), and tags that nobody changes."""

    attachments: bool = True
    user_fields: Sequence[str] | None = None
    tags: Mapping[str, str] = {}

    def hooks(self, arguments: Mapping[str, Any], enforcement: Enforcement) -> dict[str, Hook]:
        """Return the hooks that init's `arguments` need on top of all others, by their names."""
        labels = [name for name in _LABELS if name in enforcement.values or name in enforcement.limits]
        if self.attachments and self.user_fields is None and not labels and not self.tags:
            return {}

        def event(event: Any, hint: Any) -> Any:
            for name in labels:
                _relabel(event, name, name, arguments, enforcement)
            self._reduce_user(event)
            if self.tags:
                given = event.get("tags")
                event["tags"] = {**(given if isinstance(given, dict) else {}), **self.tags}
            if not self.attachments:
                hint.pop("attachments", None)
            return event

        def telemetry(data: Any, hint: Any) -> Any:
            attributes = data.get("attributes")
            if isinstance(attributes, dict):
                for name in labels:
                    _relabel(attributes, _LABELS[name], name, arguments, enforcement)
                self._reduce_attributes(attributes)
                attributes.update(self.tags)
            return data

        names = ["before_send_log", "before_send_metric"]
        names += ["before_send_span"] if is_streaming(arguments) else []
        events = dict.fromkeys(("before_send", "before_send_transaction"), event)
        return {**events, **dict.fromkeys(names, telemetry)}

    def _reduce_user(self, event: dict[str, Any]) -> None:
        if self.user_fields is not None and "user" in event:
            user = event.pop("user")
            has = user if isinstance(user, dict) else {}
            kept = {name: has[name] for name in self.user_fields if name in has}
            if kept:
                event["user"] = kept

    def _reduce_attributes(self, attributes: dict[str, Any]) -> None:
        if self.user_fields is not None:
            for key in [key for key in attributes if isinstance(key, str) and key.startswith(_USER)]:
                field = key[len(_USER) :]
                if _USER_NAME.get(field, field) not in self.user_fields:
                    del attributes[key]


def _relabel(
    data: dict[str, Any], key: str, name: str, arguments: Mapping[str, Any], enforcement: Enforcement
) -> None:
    """Bring the label that `data` has under this key to what is enforced or allowed of the option of this name."""
    given = data.get(key)
    is_free = name not in enforcement.values and (given is None or enforcement.permits(name, given))
    if not is_free:
        data.pop(key, None)
        value = arguments.get(name)
        if value not in (None, ""):
            data[key] = str(value).strip()


def scrubbing_hooks(texts: Sequence[str], arguments: Mapping[str, Any]) -> dict[str, Hook]:
    """Return the hooks by which all that leaves is scrubbed of what these rules find.

    Whatever the expressions are, an event costs a bounded time: those of a setting see text in pieces.
    """
    scrubber = Scrubber([rule_of(text) for text in texts])
    names = ["before_send_log", "before_send_metric"]
    names += ["before_send_span"] if is_streaming(arguments) else []
    events = dict.fromkeys(("before_send", "before_send_transaction"), scrubber.event)
    return {**events, **dict.fromkeys(names, scrubber.telemetry)}


class Scrubber:
    """Replaces matches of its rules in what leaves, and marks where, as Sentry marks it."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules

    def event(self, event: Any, hint: Any) -> Any:
        """Scrub an error event or a transaction."""
        marks: dict[str, Any] = {}
        scrubbed = _Look(self._rules).into(event, marks, _PLACES)
        if marks:
            _join(scrubbed.setdefault("_meta", {}), marks)
        return scrubbed

    def telemetry(self, data: Any, hint: Any) -> Any:
        """Scrub a log, a metric or a streamed span, which has no place for marks."""
        return _Look(self._rules).into(data, {}, _PLACES)


class _Look:
    """One look at what leaves, which holds back text that it has no time for."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._end = time.monotonic() + _LONGEST_LOOK

    def into(self, value: Any, marks: dict[str, Any], places: Any, depth: int = 0) -> Any:
        """Return data scrubbed, in place, with a mark for each part of it that has lost something."""
        if depth > _DEEPEST:
            return FILTERED
        if isinstance(value, str):
            return self._in_text(value, marks)
        if type(value) is int and len(str(abs(value))) >= _SHORTEST_NUMBER:
            text = self._in_text(str(value), marks)
            return text if marks else value
        if isinstance(value, dict):
            for key in list(value):
                if places.get(key) is not _KEPT:
                    name = self._name(key) if isinstance(key, str) else key
                    value[name] = self._part(value.pop(key), name, marks, places.get(key), depth)
        elif isinstance(value, list):
            for number, inner in enumerate(value):
                value[number] = self._part(inner, number, marks, places.get(_ITEM), depth)
        return value

    def _name(self, key: str) -> str:
        """Return a name scrubbed; where there is no time for it, those of Sentry's own look stay."""
        spans = self._spans(key)
        is_kept = spans == [] or (spans is None and _SENTRY_S.fullmatch(key))
        return key if is_kept else self._in_text(key, {})

    def _part(self, value: Any, key: Any, marks: dict[str, Any], places: Any, depth: int) -> Any:
        inside: dict[str, Any] = {}
        scrubbed = self.into(value, inside, places or {}, depth + 1)
        if inside:
            marks[str(key)] = inside
        return scrubbed

    def _in_text(self, text: str, marks: dict[str, Any]) -> str:
        spans = None if len(text) > _LONGEST else self._spans(text)
        if spans == []:
            return text
        pieces, last, remarks = [], 0, []
        for start, end, name in spans or [(0, len(text), "time")]:
            if start >= last:
                pieces += [text[last:start], FILTERED]
                remarks.append([f"@{name}", "s"])
            last = max(last, end)
        marks[""] = {"rem": remarks, "len": len(text)}
        return "".join([*pieces, text[last:]])

    def _spans(self, text: str) -> list[tuple[int, int, str]] | None:
        """Return what is found where, None if there is no time to find it."""
        found: list[tuple[int, int, str]] = []
        for rule in self._rules:
            piece, step = (_PIECE, _PIECE - _OVERLAP) if rule.in_pieces else (len(text), max(len(text), 1))
            for begin in range(0, len(text), step):
                if time.monotonic() > self._end:
                    return None
                matches = rule.pattern.finditer(text, begin, begin + piece)
                found += [(*match.span(), rule.name) for match in matches if rule.holds(match.group())]
        return sorted(found)


def _join(whole: dict[str, Any], marks: Mapping[str, Any]) -> None:
    for key, inner in marks.items():
        if key and isinstance(whole.get(key), dict):
            _join(whole[key], inner)
        else:
            whole[key] = inner
