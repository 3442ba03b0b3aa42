"""Keep cookies, credentials and client addresses out of what is sent, frame locals included.

The SDK filters them in the request, and sends them all the same in the locals of the frames that handled it. Here they
are replaced in its `before_send…` hooks: there an event is plain data, and complete.
"""

from __future__ import annotations

import operator
from typing import Any, Mapping

from sentry_sdk.utils import AnnotatedValue  # type: ignore[attr-defined] # where all releases have it

from sentry_asgi_autoconf.serving import current_request
from sentry_asgi_autoconf.serving.chained_hooks import is_streaming, put_first
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
_URL = Sensitive.replaced_in_url
_REQUEST = {
    "request": {"headers": Sensitive.replaced_in_headers, "url": _URL, "query_string": _URL, "data": _TEXT}
}
_TELEMETRY = {"body": _TEXT, "name": _TEXT, "attributes": _TEXT}


def add(arguments: dict[str, Any]) -> None:
    """Put redaction before each hook of init's `arguments`, unless they ask for personal data."""
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
        known, sensitive = request.sensitive
        if len(known) != len(parts) or not all(map(operator.is_, known, parts)):
            sensitive = Sensitive(scope, addresses=self._addresses)
            request.sensitive = parts, sensitive
        return sensitive  # type: ignore[no-any-return]


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
