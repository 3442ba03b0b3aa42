"""Keep cookies, credentials and client addresses out of what is sent, frame locals included.

The SDK filters them in the request, and sends them all the same in the locals of the frames that handled it. Here they
are replaced in its `before_send…` hooks: there an event is plain data, and complete.

Most of an event is plain data before, and the SDK's serialiser takes ten times as long to find out as a walk that looks
for nothing else. The client's scrubber, an argument of init's, is the last to see an event before the serialiser, which
takes from each object what its `__sentry_repr__` returns. Parts that the serialiser trims are left to it.
"""

from __future__ import annotations

import contextlib
import math
import operator
from typing import Any, Dict, Mapping, NamedTuple

from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.utils import (  # type: ignore[attr-defined] # where all releases have it
    AnnotatedValue,
    capture_internal_exceptions,
)

from sentry_asgi_autoconf.serving import current_request
from sentry_asgi_autoconf.serving.chained_hooks import is_streaming, put_first, usual_scrubber
from sentry_asgi_autoconf.serving.credentials import FILTERED
from sentry_asgi_autoconf.serving.sensitive import Sensitive

# The places of an event's free text: names, ids and types are kept. A list's one item stands for all of the list's.
_TEXT = Sensitive.replaced_in
_KEPT = None
_ALL_OTHERS = object()
_STACK_TRACE = {"frames": [{"vars": _TEXT}]}
_EVENT: dict[Any, Any] = {
    "exception": {"values": [{"value": _TEXT, "stacktrace": _STACK_TRACE}]},
    "threads": {"values": [{"stacktrace": _STACK_TRACE}]},
    "stacktrace": _STACK_TRACE,
    "breadcrumbs": {"values": [{"message": _TEXT, "data": _TEXT}]},
    "spans": [{"description": _TEXT, "data": _TEXT, "tags": _TEXT}],
    "logentry": {"message": _TEXT, "formatted": _TEXT, "params": _TEXT},
    "message": _TEXT,
    "extra": _TEXT,
    "tags": _TEXT,
    "contexts": {
        "asgi_server": _KEPT,  # ours, in which no request has a say
        "trace": {"data": _TEXT, "description": _TEXT},
        _ALL_OTHERS: _TEXT,
    },
}
# Those parts that are the event's own, and that the serialiser does not trim.
_PART = None
_PARTS: dict[Any, Any] = {
    "contexts": {_ALL_OTHERS: _PART},
    "exception": {"values": [{"stacktrace": {"frames": [_PART]}}]},
    "threads": {"values": [{"stacktrace": {"frames": [_PART]}}]},
    "spans": [_PART],
    "request": {"headers": _PART},
    "modules": _PART,
    "sdk": _PART,
    "tags": _PART,
}
_LONGEST = 4096  # characters: longer text is left to the serialiser
_DEEPEST = 16
_ATOMS = frozenset((bool, int, type(None)))

_URL = Sensitive.replaced_in_url
_REQUEST = {
    "request": {"headers": Sensitive.replaced_in_headers, "url": _URL, "query_string": _URL, "data": _TEXT}
}
_TELEMETRY = {"body": _TEXT, "name": _TEXT, "attributes": _TEXT}


def add(arguments: dict[str, Any]) -> None:
    """Put redaction before each hook of init's `arguments`, unless they ask for personal data; mark what is plain."""
    scrubber = arguments.get("event_scrubber") or usual_scrubber(arguments)
    most = arguments.get("max_value_length", DEFAULT_OPTIONS.get("max_value_length"))
    # In characters, of which the serialiser counts the bytes.
    longest = min(most // 4, _LONGEST) if isinstance(most, int) else _LONGEST
    arguments["event_scrubber"] = _Marking(scrubber, longest)
    if arguments.get("send_default_pii"):
        return
    redaction = Redaction(arguments)
    for name in ("before_send", "before_send_transaction"):
        put_first(arguments, name, redaction.event)
    for name in ("before_send_log", "before_send_metric"):
        put_first(arguments, name, redaction.attributes)
    if is_streaming(arguments):
        put_first(arguments, "before_send_span", redaction.span)


class Redaction:
    """Redacts by the request that the context serves, whatever the data look like: what is odd costs nothing else."""

    def __init__(self, arguments: Mapping[str, Any]) -> None:
        collection = arguments.get("data_collection")
        self._request_is_ours = not isinstance(collection, dict)
        self._addresses = not isinstance(collection, dict) or not collection.get("user_info", True)

    def event(self, event: Any, hint: Any) -> Any:
        """Redact an error event or a transaction."""
        return self._redacted(event, {**_EVENT, **(_REQUEST if self._request_is_ours else {})})

    def attributes(self, telemetry: Any, hint: Any) -> Any:
        """Redact a log or a metric: its text and its attributes."""
        return self._redacted(telemetry, _TELEMETRY)

    def span(self, span: Any, hint: Any) -> Any:
        """Redact a streamed span; None for a clean one: the SDK makes all attributes anew of one that it is given."""
        sensitive = self._sensitive()
        if sensitive.is_clean([span.get(name) for name in _TELEMETRY]):
            return None
        return self._redacted(span, _TELEMETRY)

    def _redacted(self, data: Any, places: dict[Any, Any]) -> Any:
        try:
            return _redacted(data, places, self._sensitive())
        except RecursionError:  # it was captured where the stack is all but full
            data.update({name: _withheld(data[name]) for name in places.keys() & data.keys()})
            return data

    def _sensitive(self) -> Sensitive:
        request = current_request.recall()
        if request is None:
            return Sensitive(None, addresses=self._addresses)
        scope = request.scope
        headers = scope.get("headers")
        # An app may change them in place. By identity, as they may be any objects.
        parts = [self, scope.get("query_string"), scope.get("client"), headers]
        parts += headers if isinstance(headers, (list, tuple)) else []
        known: list[Any] = request.sensitive[0]
        sensitive: Sensitive = request.sensitive[1]
        if len(known) != len(parts) or not all(map(operator.is_, known, parts)):
            sensitive = Sensitive(scope, addresses=self._addresses)
            request.sensitive = parts, sensitive
        return sensitive


def _withheld(value: Any) -> Any:
    if isinstance(value, (dict, list)):
        return {} if isinstance(value, dict) else []
    return None if value is None else FILTERED


def _redacted(data: Any, places: Any, sensitive: Sensitive) -> Any:
    """Redact `data` in its `places`, and in place; all of it where it is not as they have it."""
    if type(data) is AnnotatedValue:
        data = data.value
    if isinstance(places, list) and isinstance(data, list):
        data[:] = [_redacted(each, places[0], sensitive) for each in data]
        return data
    if isinstance(places, dict) and isinstance(data, dict):
        for name in data if _ALL_OTHERS in places else places.keys() & data.keys():
            inner = places.get(name, places.get(_ALL_OTHERS))
            if inner is not _KEPT:
                data[name] = _redacted(data[name], inner, sensitive)
        return data
    return places(sensitive, data) if callable(places) else sensitive.replaced_in(data)


class _Plain(Dict[str, Any]):
    """A part of an event that is JSON as it is."""

    def __sentry_repr__(self) -> Any:
        """Return what the serialiser would make of it."""
        return dict(self)


class _NotPlainError(Exception):
    """It is for the serialiser to make JSON of."""


class _Marking(NamedTuple):
    """Marks the plain parts of an event once `scrubber` has scrubbed it: after that comes the serialiser."""

    scrubber: Any
    longest: int  # text that is sure not to be cut

    def scrub_event(self, event: Any) -> None:
        """Scrub it, and mark them."""
        self.scrubber.scrub_event(event)
        with capture_internal_exceptions():
            self._marked(event, _PARTS)

    def _marked(self, data: Any, parts: Any) -> Any:
        """Return `data` with its plain parts, and in place, so that it must be the event's own down to them."""
        if parts is _PART:
            with contextlib.suppress(_NotPlainError):
                return _Plain(self._plain(data, 0)) if type(data) is dict else data
        elif type(parts) is list and type(data) is list:
            data[:] = [self._marked(each, parts[0]) for each in data]
        elif type(parts) is dict and type(data) is dict:
            for name in data if _ALL_OTHERS in parts else parts.keys() & data.keys():
                data[name] = self._marked(data[name], parts.get(name, parts.get(_ALL_OTHERS)))
        return data

    def _plain(self, value: Any, depth: int) -> Any:
        """Return a copy of plain data. Raises _NotPlainError for all else."""
        kind = type(value)
        if kind is str:
            if len(value) <= self.longest:
                return value
        elif kind in _ATOMS or (kind is float and math.isfinite(value)):
            return value
        elif depth < _DEEPEST:
            if kind is list:
                return [self._plain(each, depth + 1) for each in value]
            if kind is dict and all(type(key) is str for key in value):
                return {key: self._plain(each, depth + 1) for key, each in value.items()}
        raise _NotPlainError
