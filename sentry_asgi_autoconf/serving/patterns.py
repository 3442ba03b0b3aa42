"""Replace what rules find in all text that leaves, and mark where; imported where a setting has any.

Whatever the expressions are, an event costs a bounded time: those of a setting see text in pieces.
"""

from __future__ import annotations

import time
from typing import Any, Mapping, Sequence

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
# What holds no text of the app's: ids, names of what there is, code.
_KEPT = frozenset(
    (
        *(
            "event_id",
            "trace_id",
            "span_id",
            "parent_span_id",
            "timestamp",
            "start_timestamp",
            "type",
            "platform",
        ),
        *("sdk", "modules", "debug_meta", "_meta", "context_line", "pre_context", "post_context", "filename"),
        *(
            "abs_path",
            "module",
            "function",
            "measurements",
            "asgi_server",
            "sentry_asgi_autoconf",
            "is_segment",
        ),
    )
)


def hooks(texts: Sequence[str], arguments: Mapping[str, Any]) -> dict[str, Hook]:
    """Return the hooks that init's `arguments` need on top of all others, by their names."""
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
        scrubbed = _Look(self._rules).into(event, marks, 0)
        if marks:
            _join(scrubbed.setdefault("_meta", {}), marks)
        return scrubbed

    def telemetry(self, data: Any, hint: Any) -> Any:
        """Scrub a log, a metric or a streamed span, which has no place for marks."""
        return _Look(self._rules).into(data, {}, 0)


class _Look:
    """One look at what leaves, which holds back text that it has no time for."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._end = time.monotonic() + _LONGEST_LOOK

    def into(self, value: Any, marks: dict[str, Any], depth: int) -> Any:
        """Return data scrubbed, in place, with a mark for each part of it that has lost something."""
        if type(value) is str:
            return self._in_text(value, marks)
        if depth > _DEEPEST:
            return FILTERED
        pairs = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        for key, inner in list(pairs):
            if key not in _KEPT:
                inside: dict[str, Any] = {}
                value[key] = self.into(inner, inside, depth + 1)
                if inside:
                    marks[str(key)] = inside
        return value

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
