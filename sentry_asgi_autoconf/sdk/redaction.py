"""Keep cookies, credentials and client addresses out of events, frame locals included.

The SDK filters them in the request, and sends them all the same in the locals of the frames that handled it.
"""

from __future__ import annotations

import base64
import binascii
import functools
import re
from typing import Any, Callable, Dict, Iterable, Iterator, Optional, Pattern, Sequence

import sentry_sdk
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.utils import capture_internal_exceptions, iter_event_frames

FILTERED = "[Filtered]"
# What the SDK filters in a request, by the names that ASGI gives headers.
_HEADERS = frozenset(
    (
        "authorization",
        "cookie",
        "forwarded",
        "proxy-authorization",
        "set-cookie",
        "x-api-key",
        "x-forwarded-for",
        "x-real-ip",
    )
)
_ADDRESS_HEADERS = ("forwarded", "x-forwarded-for", "x-real-ip")
# Where an event holds what the app and its libraries had in hand. The request and the user are the SDK's to filter.
_SECTIONS = (
    "breadcrumbs",
    "contexts",
    "exception",
    "extra",
    "logentry",
    "message",
    "spans",
    "stacktrace",
    "tags",
    "threads",
)
# Shorter cookie values and credentials ("1", "en") would blot out text that has nothing to do with them.
_SHORTEST = 5
# What a local's repr says of its name: b'cookie' → cookie
_BARE = re.compile(r"^b?['\"](.*)['\"]$")

ScopeGetter = Callable[[], Optional[Dict[str, Any]]]


def add(options: dict[str, Any], current_scope: ScopeGetter) -> None:
    """Add redaction to init's `options`, unless they ask for personal data."""
    if options.get("send_default_pii"):
        return
    if options.get("enable_logs"):
        options["before_send_log"] = _redacting_logs(options.get("before_send_log"), current_scope)
    if options.get("data_collection") is None:
        inner = options.get("event_scrubber") or EventScrubber()
        options["event_scrubber"] = RedactingScrubber(inner, current_scope)
        return

    # The SDK takes no scrubber beside data_collection.
    def processor(event: Any, hint: Any) -> Any:
        redact_or_drop(event, current_scope())
        return event

    sentry_sdk.Scope.get_global_scope().add_event_processor(processor)


def _redacting_logs(inner: Callable[..., Any] | None, current_scope: ScopeGetter) -> Callable[..., Any]:
    def before_send_log(log: Any, hint: Any) -> Any:
        # uvicorn's access log, for one, has the client's address in its text and in its parameters.
        replace = _Replacement(current_scope() or {})
        redacted = {
            **log,
            "body": replace.within(log["body"]),
            "attributes": replace.within(log["attributes"]),
        }
        return inner(redacted, hint) if inner is not None else redacted

    return before_send_log


class RedactingScrubber(EventScrubber):
    """Scrub as `inner` does, and then what the request being served brought along, wherever it stands."""

    def __init__(self, inner: EventScrubber, current_scope: ScopeGetter) -> None:
        """Take the scrubber that applies without us, and what gives the request's ASGI scope."""
        super().__init__()
        self._inner = inner
        self._current_scope = current_scope

    def scrub_event(self, event: Any) -> None:
        """Change `event` in place."""
        self._inner.scrub_event(event)
        redact_or_drop(event, self._current_scope())


def redact_or_drop(event: dict[str, Any], scope: dict[str, Any] | None) -> None:
    """Redact in place; what cannot be, for a scope or an object that is malformed, does not leave."""
    with capture_internal_exceptions():
        redact(event, scope)
        return
    for section in ("breadcrumbs", "extra", "logentry", "message", "spans"):
        event.pop(section, None)
    for frame in iter_event_frames(event):
        frame.pop("vars", None)


def redact(event: dict[str, Any], scope: dict[str, Any] | None) -> None:
    """Replace by [Filtered], in place, what must not leave: known by where it stands, or by what the request sent."""
    replace = _Replacement(scope or {})
    for section in _SECTIONS:
        if section in event:
            event[section] = replace.within(event[section])
    _redact_request_headers(event.get("request"), replace)


def _redact_request_headers(request: Any, replace: _Replacement) -> None:
    headers: dict[str, Any] = (request or {}).get("headers") or {}
    for name, value in headers.items():
        if name.lower() not in ("host", "origin", "referer"):
            headers[name] = replace.within(value)


class _Replacement:
    """Replaces sensitive values within nested data, which is copied as far as it changes."""

    def __init__(self, scope: dict[str, Any]) -> None:
        """Collect what the request of this ASGI scope brought along."""
        client = scope.get("client") or ()
        self._client = [[str(part) for part in client], [repr(part) for part in client]]
        values = {*_header_values(scope.get("headers", ())), *_address_texts(client)}
        # Longest first, or a part of a value would keep the whole from being found.
        self._forms = sorted({form for value in values for form in _written(value)}, key=len, reverse=True)
        self._compiled: Pattern[str] | None = None

    def within(self, data: Any) -> Any:
        if isinstance(data, str):
            return self._within_text(data)
        if isinstance(data, dict):
            return self._within_dict(data)
        if isinstance(data, (list, tuple)):
            return self._within_list(list(data))
        return self._within_object(data)

    def _within_text(self, text: str) -> str:
        # Nearly all text is clean, which is seen sooner than a pattern is compiled.
        if not any(form in text for form in self._forms):
            return text
        if self._compiled is None:
            self._compiled = re.compile("|".join(map(_as_pattern, self._forms)))
        return self._compiled.sub(FILTERED, text)

    def _within_dict(self, data: dict[Any, Any]) -> dict[Any, Any]:
        is_scope = "type" in data and "client" in data and "headers" in data
        return {
            key: FILTERED
            if (is_scope and key == "client") or (isinstance(key, str) and _is_sensitive_header(key))
            else self.within(value)
            for key, value in data.items()
        }

    def _within_list(self, data: list[Any]) -> list[Any]:
        if len(data) == 2:
            if isinstance(data[0], str) and _is_sensitive_header(data[0]):
                return [data[0], FILTERED]
            if [str(item) for item in data if isinstance(item, (str, int))] in self._client:
                return [FILTERED, FILTERED]
        return [self.within(item) for item in data]

    def _within_object(self, data: Any) -> Any:
        # Numbers and times say nothing of a request, and anything else is sent as its repr.
        if data is None or isinstance(data, (bool, int, float)):
            return data
        if type(data).__module__.partition(".")[0] in ("datetime", "sentry_sdk"):
            return data
        text = repr(data)
        redacted = self._within_text(text)
        return redacted if redacted != text else data


@functools.lru_cache(maxsize=1024)
def _is_sensitive_header(name: str) -> bool:
    bare = _BARE.sub(r"\1", name).lower().replace("_", "-")
    return (bare[5:] if bare.startswith("http-") else bare) in _HEADERS


def _address_texts(client: Sequence[Any]) -> Iterator[str]:
    if client:
        host = str(client[0])
        for port in client[1:]:
            yield f"{host}:{port}"
            yield repr((host, port))
        # A loopback address tells nothing of a client, and is in the URL of every local service.
        if not host.startswith("127.") and host != "::1":
            yield host


def _header_values(headers: Iterable[tuple[bytes, bytes]]) -> Iterator[str]:
    for raw_name, raw_value in headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        if name not in _HEADERS:
            continue
        yield value
        if name in ("cookie", "set-cookie"):
            yield from _long_enough(part.partition("=")[2].strip(' "') for part in value.split(";"))
        elif name in _ADDRESS_HEADERS:
            yield from _long_enough(re.split(r'[][",;\s]+|for=', value))
        else:
            yield from _long_enough(_credentials(value))


def _credentials(value: str) -> tuple[str, ...]:
    scheme, _, credentials = value.strip().partition(" ")
    if scheme.lower() != "basic":
        return (credentials,)
    try:
        pair = base64.b64decode(credentials.strip()).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return (credentials,)
    return (credentials, pair, *pair.split(":", 1))


def _long_enough(values: Iterable[str]) -> Iterator[str]:
    return (value for value in values if len(value) >= _SHORTEST)


def _written(value: str) -> Iterator[str]:
    """Give `value` as it stands in text, and as it stands in the repr of a str or of bytes."""
    if value:
        yield value
        yield repr(value)[1:-1]
        yield repr(value.encode("latin-1", "replace"))[2:-1]


def _as_pattern(value: str) -> str:
    # Not within a longer word or number: 10.0.0.1 is not in 10.0.0.11.
    before = r"(?<![\w.])" if value[0].isalnum() else ""
    after = r"(?![\w])" if value[-1].isalnum() else ""
    return before + re.escape(value) + after
