"""Know what a request brought along that must not leave, and replace it within nested data."""

from __future__ import annotations

import base64
import re
from http.cookies import SimpleCookie
from typing import Any, Callable, Iterable, Iterator, Pattern
from urllib.parse import unquote, unquote_plus

from sentry_sdk.utils import AnnotatedValue  # type: ignore[attr-defined] # where all releases have it

from sentry_asgi_autoconf.serving.credentials import (
    ADDRESS_HEADERS,
    FILTERED,
    VALUE_IN_URL,
    bare,
    in_assignments,
    is_credential,
    is_parameter,
)

# Shorter values ("1", "en") would blot out text that has nothing to do with them, and so would these.
_SHORTEST = 5
_COMMON = frozenset(("error", "false", "https", "localhost", "undefined", "unknown"))
# A client may send thousands of cookies. Beyond this many values everything is held back, at no cost.
_MOST_VALUES = 64
_COOKIES = SimpleCookie()
# JSON's types that hold no text.
_BLANK = frozenset((bool, float, int, type(None)))
# Beyond so many parts data are not looked at together, and names not kept that are no credential's.
_MOST_PARTS = 4096
_harmless: set[str] = set()
# Whose values are about the service that was asked, not about who asked.
_PUBLIC_HEADERS = ("host", "origin", "referer")
Copy = Callable[[Any], Any]


class Sensitive:
    """What the request of one ASGI scope brought along; without a scope, what is known by its place."""

    def __init__(self, scope: dict[str, Any] | None, *, addresses: bool) -> None:
        """Collect from `scope`, of whatever shape; addresses only if they must not leave."""
        scope = scope or {}
        client = _list(scope.get("client")) if addresses else ()
        self._client = [part for part in client if type(part) in (str, int)]
        self._addresses = [self._client, [str(part) for part in self._client], list(map(repr, self._client))]
        self._address_headers = ADDRESS_HEADERS if addresses else frozenset()
        self._cookies: dict[str, str] = {}
        values = {*self._header_values(scope.get("headers")), *_address_texts(self._client)}
        values.update(_parameter_values(_text(scope.get("query_string"))))
        self._too_many = len(values) > _MOST_VALUES
        # Longest first, or a part of a value would keep the whole from being found.
        long = (value for value in values if len(value) >= _SHORTEST and value.lower() not in _COMMON)
        forms = {form for value in long for form in _written(value)}
        self._forms = [] if self._too_many else sorted(forms, key=len, reverse=True)
        self._compiled: Pattern[str] | None = None

    def replaced_in(self, data: Any) -> Any:
        """Return `data`, however deep or cyclic, or a copy of it with what must not leave or is not JSON's replaced."""
        if self.is_clean(data):
            return data
        copies: dict[int, Any] = {}
        unfilled: list[tuple[Any, Any]] = []

        def copied(value: Any) -> Any:
            kind = type(value)
            if kind in _BLANK:
                return value
            if issubclass(kind, str):
                return self._in_text(str.__str__(value))
            if not issubclass(kind, (dict, list, tuple)):
                return FILTERED
            if id(value) not in copies:
                copies[id(value)] = {} if issubclass(kind, dict) else []
                unfilled.append((value, copies[id(value)]))
            return copies[id(value)]

        found = copied(data.value if type(data) is AnnotatedValue else data)
        while unfilled and not self._too_many:
            original, copy = unfilled.pop()
            if isinstance(original, dict):
                copy.update(self._in_dict(dict(dict.items(original)), copied))
            else:
                copy.extend(self._in_list([*original], copied))
        return found

    def replaced_in_headers(self, headers: Any) -> Any:
        """Return the headers of an event's request with what must not leave replaced."""
        if type(headers) is not dict:
            return self.replaced_in(headers)
        if self.is_clean(headers) and not any(map(_has_parameters, headers.items())):
            return headers
        return {name: self._in_header(name, value) for name, value in headers.items()}

    def replaced_in_url(self, url: Any) -> Any:
        """Return the URL or query string of an event's request with the values of its credentials replaced."""
        return in_assignments(url, VALUE_IN_URL) if type(url) is str else self.replaced_in(url)

    def is_clean(self, data: Any) -> bool:
        """Whether nothing of it has to be replaced, as of nearly all data: one look at all of its text together."""
        texts = None if self._too_many else self._texts_in(data)
        if texts is None:
            return False
        text = "\n".join(texts)
        if "..." in text or any(map(text.__contains__, self._forms)):
            return False
        return not ("=" in text or ":" in text or "%3" in text) or in_assignments(text) == text

    def _texts_in(self, data: Any) -> list[str] | None:
        """Return all keys and text; None if a place alone may say that something has to be replaced."""
        texts: list[str] = []
        pending = [data]
        for _ in range(_MOST_PARTS):
            if not pending:
                return texts
            value = pending.pop()
            kind = type(value)
            if kind is str:
                texts.append(value)
            elif kind is dict:
                if (self._client and "headers" in value) or not self._are_harmless(value.keys()):
                    return None
                texts.extend(value)
                pending.extend(value.values())
            elif kind is list:
                if self._in_pair(value):
                    return None
                pending.extend(value)
            elif kind not in _BLANK:
                return None
        return None  # too much, or a cycle

    def _are_harmless(self, names: Iterable[Any]) -> bool:
        for name in names - _harmless:  # type: ignore[operator] # of a dict
            if type(name) is not str or self._is_sensitive(bare(name)):
                return False
            if bare(name) not in ADDRESS_HEADERS and len(_harmless) < _MOST_PARTS:
                _harmless.add(name)
        return not self._cookies or not any(bare(name) in self._cookies for name in names)

    def _in_header(self, name: Any, value: Any) -> Any:
        if not isinstance(name, str) or self._is_sensitive(bare(name)):
            return FILTERED
        is_public = type(value) is str and name.lower() in _PUBLIC_HEADERS
        return self.replaced_in_url(value) if is_public else self.replaced_in(value)

    def _is_sensitive(self, name: str) -> bool:
        return name in self._address_headers or is_credential(name)

    def _in_text(self, text: str) -> str:
        if self._too_many:
            return FILTERED
        # Nearly all text is clean, which is seen sooner than a pattern is compiled.
        if any(map(text.__contains__, self._forms)):
            if self._compiled is None:
                self._compiled = re.compile("|".join(map(_as_pattern, self._forms)))
            text = self._compiled.sub(FILTERED, text)
        if "=" in text or ":" in text or "%3" in text:
            text = in_assignments(text)
        return self._without_cut_value(text) if text.endswith("...") else text

    def _without_cut_value(self, text: str) -> str:
        # The SDK cuts long text, maybe within a value.
        body = text[:-3]
        for form in self._forms:
            start = body.rfind(form[:_SHORTEST])
            if start >= 0 and form.startswith(body[start:]):
                return body[:start] + FILTERED
        return text

    def _in_dict(self, data: dict[Any, Any], copied: Copy) -> dict[Any, Any]:
        is_scope = bool(self._client) and "type" in data and "headers" in data
        return {
            self._in_key(key): FILTERED
            if (is_scope and key == "client") or self._is_named(key, value)
            else copied(value)
            for key, value in data.items()
        }

    def _in_key(self, key: Any) -> Any:
        in_text = self._in_text(str.__str__(key)) if isinstance(key, str) else FILTERED
        return key if type(key) in _BLANK else in_text

    def _is_named(self, key: Any, value: Any) -> bool:
        if not isinstance(key, str) or type(value) is bool or not isinstance(value, (str, list, int)):
            return False
        name = bare(key)
        # "forwarded" is a word that an app may well use for something else.
        if self._is_sensitive(name) and name != "forwarded":
            return value not in ("", "None", [])
        cookie = self._cookies.get(name)
        return cookie is not None and value in (cookie, repr(cookie))

    def _in_list(self, data: list[Any], copied: Copy) -> list[Any]:
        return self._in_pair(data) or [copied(item) for item in data]

    def _in_pair(self, data: list[Any]) -> list[Any] | None:
        """Return what may leave of a header or an address; None if it is neither."""
        if len(data) == 2 and isinstance(data[0], str):
            if self._is_sensitive(bare(data[0])):
                return [data[0], FILTERED]
            if self._client and type(data[1]) in (str, int) and data in self._addresses:
                return [FILTERED, FILTERED]
        return None

    def _header_values(self, headers: Any) -> Iterator[str]:
        for pair in _list(headers):
            if len(_list(pair)) != 2:
                continue
            name, value = _text(pair[0]).lower(), _text(pair[1])
            if name in self._address_headers:
                yield from _addresses(value)
            elif is_credential(name):
                yield value
                yield from self._cookie_values(value) if "cookie" in name else _credentials(value)

    def _cookie_values(self, header: str) -> Iterator[str]:
        for part in header.split(";"):
            name, _, value = part.strip().partition("=")
            decoded = _COOKIES.value_decode(value)[0]
            self._cookies[bare(name)] = decoded
            yield from (value, value.strip('"'), decoded, unquote(value))


def _parameter_values(query: str) -> Iterator[str]:
    for name, value in (part.partition("=")[::2] for part in query.split("&")):
        if value and is_parameter(name):
            yield from (value, unquote_plus(value))


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return value if isinstance(value, str) else ""


def _has_parameters(header: tuple[str, Any]) -> bool:
    name, value = header
    return name.lower() in _PUBLIC_HEADERS and any(mark in str(value) for mark in "=%")


def _list(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else ()


def _is_loopback(host: str) -> bool:
    # It tells nothing of a client, and is in the URL of every local service.
    return host.startswith("127.") or host == "::1"


def _address_texts(client: list[Any]) -> Iterator[str]:
    if client and isinstance(client[0], str) and client[0]:
        host = client[0]
        for port in client[1:]:
            yield f"{host}:{port}"
            yield repr((host, port))
        if not _is_loopback(host):
            yield host


def _addresses(header: str) -> Iterator[str]:
    for piece in re.split(r'[][",;\s]+|for=|by=', header):
        if ("." in piece or ":" in piece) and not _is_loopback(piece):
            yield piece


def _credentials(value: str) -> tuple[str, ...]:
    scheme, _, credentials = value.strip().partition(" ")
    if scheme.lower() != "basic":
        return (credentials,)
    try:
        pair = base64.b64decode(credentials.strip()).decode("utf-8")
    except ValueError:  # not base64, or not of UTF-8
        return (credentials,)
    return (credentials, pair, *pair.split(":", 1))


def _written(value: str) -> Iterable[str]:
    """Return `value` as it stands in text, and as it stands in the repr of a str or of bytes."""
    return {value, repr(value)[1:-1], repr(value.encode("latin-1", "replace"))[2:-1]}


def _as_pattern(value: str) -> str:
    # Not within a longer word or number: 10.0.0.1 is not in 10.0.0.11.
    before = r"(?<![\w.])" if value[0].isalnum() else ""
    after = r"(?![\w])" if value[-1].isalnum() else ""
    return before + re.escape(value) + after
