"""Send at less cost: what is plain data goes past the SDK's serialiser, and each envelope straight to its connection.

Most of an event is plain data, and the serialiser takes ten times as long to find out as a walk that looks for nothing
else. The client's scrubber, an argument of init's, is the last to see an event before the serialiser, which takes from
each object what its `__sentry_repr__` returns. Parts that the serialiser trims are left to it.

To send an envelope is half of what a sampled request costs, and a quarter of that is urllib3's care for redirects. The
pool of the receiver's connections, which urllib3 gives out, is asked without; a redirect is then followed in the SDK's
way.
"""

from __future__ import annotations

import math
from typing import Any, Dict, Mapping

from sentry_sdk.transport import HttpTransport
from sentry_sdk.utils import capture_internal_exceptions
from urllib3 import PoolManager

from sentry_asgi_autoconf.serving import chained_hooks

# Those parts that are the event's own, and that the serialiser does not trim.
_PART = None
_ANY = object()
_PARTS: dict[Any, Any] = {
    "contexts": {_ANY: _PART},
    "exception": {"values": [{"stacktrace": {"frames": [_PART]}}]},
    "threads": {"values": [{"stacktrace": {"frames": [_PART]}}]},
    "spans": [_PART],
    "request": {"headers": _PART},
    "modules": _PART,
    "sdk": _PART,
    "tags": _PART,
}
_OTHER_TRANSPORTS = ("transport_async", "transport_http2")
_LONGEST = 4096  # characters: longer text is the serialiser's, which may cut it
_DEEPEST = 16


def add(arguments: dict[str, Any]) -> None:
    """Have the clients of init's `arguments` send at less cost, unless they say themselves how to send."""
    chained_hooks.add(arguments, {"event_scrubber": _Marking()})
    experiments = chained_hooks.experiments(arguments)
    if arguments.get("transport") is None and not any(map(experiments.get, _OTHER_TRANSPORTS)):
        arguments["transport"] = DirectTransport


class _Plain(Dict[str, Any]):
    """A part of an event that is JSON as it is."""

    def __sentry_repr__(self) -> Any:
        """Return what the serialiser would make of it."""
        return dict(self)


class _NotPlainError(Exception):
    """It is for the serialiser to make JSON of."""


class _Marking:
    """Marks the plain parts of an event, in the place of a scrubber: after it comes the serialiser."""

    def scrub_event(self, event: Any) -> None:
        """Mark them."""
        with capture_internal_exceptions():
            _marked(event, _PARTS)


def _marked(data: Any, parts: Any) -> Any:
    """Return `data` with its plain parts, and in place, so that it must be the event's own down to them."""
    if parts is _PART:
        try:
            return _Plain(_plain(data, 0)) if type(data) is dict else data
        except _NotPlainError:
            return data
    if type(parts) is list and type(data) is list:
        data[:] = [_marked(each, parts[0]) for each in data]
    elif type(parts) is dict and type(data) is dict:
        for name in data if _ANY in parts else parts.keys() & data.keys():
            data[name] = _marked(data[name], parts.get(name, parts.get(_ANY)))
    return data


def _plain(value: Any, depth: int) -> Any:
    """Return a copy of plain data. Raises _NotPlainError for all else."""
    kind = type(value)
    if (kind is str and len(value) <= _LONGEST) or kind in _ATOMS or (kind is float and math.isfinite(value)):
        return value
    if depth < _DEEPEST:
        if kind is list:
            return [_plain(each, depth + 1) for each in value]
        if kind is dict and all(type(key) is str for key in value):
            return {key: _plain(each, depth + 1) for key, each in value.items()}
    raise _NotPlainError


_ATOMS = frozenset((bool, int, type(None)))


class DirectTransport(HttpTransport):
    """The SDK's own transport, which asks the pool of its receiver's connections itself."""

    def _request(self, method: str, endpoint_type: Any, body: Any, headers: Mapping[str, str]) -> Any:
        # A subclass, for a proxy say, may ask its pool for more than that.
        if type(self._pool) is PoolManager:
            url = self._auth.get_api_url(endpoint_type)
            path = url[url.index("/", url.index("://") + 3) :]
            response = self._pool.connection_from_url(url).urlopen(
                method, path, body, headers, redirect=False
            )
            if not response.get_redirect_location():
                return response
            response.close()
        return super()._request(method, endpoint_type, body, headers)
