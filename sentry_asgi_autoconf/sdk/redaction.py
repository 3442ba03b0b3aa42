"""Keep cookies, credentials and client addresses out of what is sent, frame locals included.

The SDK filters them in the request, and sends them all the same in the locals of the frames that handled it. Here they
are replaced in its `before_send…` hooks: there an event is plain data, and complete.
"""

from __future__ import annotations

from typing import Any, Callable, Dict, Optional

from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.utils import iter_event_frames

from sentry_asgi_autoconf.sdk.chained_hooks import Hook, experiments_of, in_turn
from sentry_asgi_autoconf.sdk.sensitive import FILTERED, Sensitive

ScopeGetter = Callable[[], Optional[Dict[str, Any]]]

# Ours, in which no request has a say, and that of the trace, in which it has only in some places.
_OTHER_CONTEXTS = frozenset(("asgi_server", "trace"))


def add(options: dict[str, Any], current_scope: ScopeGetter) -> None:
    """Put redaction before each hook of init's `options`, unless they ask for personal data."""
    redact = Redaction(options, current_scope)
    hooks: dict[str, Callable[[Any], Any]] = {
        "before_send": redact.event,
        "before_send_transaction": redact.event,
        "before_send_log": redact.attributes,
        "before_send_metric": redact.attributes,
    }
    experiments = experiments_of(options)
    if "stream" in (options.get("trace_lifecycle"), experiments.get("trace_lifecycle")):
        hooks["before_send_span"] = redact.attributes
    if not redact.is_wanted(options):
        return
    for name, first in hooks.items():
        if name in DEFAULT_OPTIONS:
            then = options.get(name) or experiments.get(name)
            options[name] = in_turn(name, _without_hint(first), *([then] if then else []))


def _without_hint(redact: Callable[[Any], Any]) -> Hook:
    return lambda data, hint: redact(data)


class Redaction:
    """Redacts by the request that the context serves."""

    def __init__(self, options: dict[str, Any], current_scope: ScopeGetter) -> None:
        """Take init's `options`, and what gives the request's ASGI scope."""
        collection = options.get("data_collection")
        self._request_is_ours = not isinstance(collection, dict)
        self._addresses = not isinstance(collection, dict) or not collection.get("user_info", True)
        self._current_scope = current_scope

    @staticmethod
    def is_wanted(options: dict[str, Any]) -> bool:
        """Tell whether a client of these options may not send personal data."""
        return not options.get("send_default_pii")

    def event(self, event: Any) -> Any:
        """Redact an error event or a transaction, in the places of its free text: names, ids and types are kept."""
        sensitive = self._sensitive()
        for frame in iter_event_frames(event):
            _replace(frame, ("vars",), sensitive)
        for exception in _values(event.get("exception")):
            _replace(exception, ("value",), sensitive)
        for crumb in _values(event.get("breadcrumbs")):
            _replace(crumb, ("message", "data"), sensitive)
        for span in event.get("spans") or ():
            _replace(span, ("description", "data", "tags"), sensitive)
        _replace(event.get("logentry"), ("message", "formatted", "params"), sensitive)
        _replace(event, ("extra", "message", "tags"), sensitive)
        contexts = event.get("contexts") or {}
        _replace(contexts, tuple(contexts.keys() - _OTHER_CONTEXTS), sensitive)
        _replace(contexts.get("trace"), ("data", "description"), sensitive)
        if self._request_is_ours:
            _replace_headers(event.get("request"), sensitive)
        return event

    def attributes(self, telemetry: Any) -> Any:
        """Redact a log, a metric or a streamed span: its text and its attributes."""
        copy = dict(telemetry)
        _replace(copy, ("body", "name", "attributes"), self._sensitive())
        return copy

    def _sensitive(self) -> Sensitive:
        return Sensitive(self._current_scope(), addresses=self._addresses)


def _values(interface: Any) -> Any:
    values = interface.get("values") if isinstance(interface, dict) else None
    return [value for value in values or () if isinstance(value, dict)]


def _replace(holder: Any, names: tuple[str, ...], sensitive: Sensitive) -> None:
    for name in names if isinstance(holder, dict) else ():
        if name in holder:
            holder[name] = sensitive.replaced_in(holder[name])


def _replace_headers(request: Any, sensitive: Sensitive) -> None:
    headers: dict[str, Any] = (request or {}).get("headers") or {}
    for name, value in headers.items():
        if sensitive.is_header(name):
            headers[name] = FILTERED
        elif name.lower() not in ("host", "origin", "referer"):
            headers[name] = sensitive.replaced_in(value)
