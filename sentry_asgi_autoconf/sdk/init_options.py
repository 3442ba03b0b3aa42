"""Turn settings into the keyword arguments of `sentry_sdk.init`, as far as the installed SDK knows them."""

from __future__ import annotations

import contextlib
import inspect
import queue
from http.client import HTTPResponse
from typing import Any, Mapping

from sentry_sdk import consts, transport
from urllib3 import HTTPResponse as PooledResponse
from urllib3 import PoolManager
from urllib3.util import is_connection_dropped

from sentry_asgi_autoconf.console import shown
from sentry_asgi_autoconf.exceptions import AutoconfError, UnresolvedImportError, UnsupportedOptionError
from sentry_asgi_autoconf.import_strings import ImportReference, guarded
from sentry_asgi_autoconf.integrations import deferred
from sentry_asgi_autoconf.provenance import ENVIRONMENT, Origin


def build(
    options: Mapping[str, Any],
    sources: Mapping[str, Origin] | None = None,
    *,
    defers: bool = False,
    follow: bool = True,
) -> tuple[dict[str, Any], list[AutoconfError]]:
    """Return the arguments for `sentry_sdk.init`, and a problem for everything that was left out.

    Import strings are imported here if `follow`; where integrations wait for their libraries, as `defers` says, the
    names of those that are disabled are not. `sources` gives the origin of each option for the problems' text.
    """
    if defers:
        deferred.watch()
    arguments: dict[str, Any] = {}
    problems: list[AutoconfError] = []
    for name, value in options.items():
        origin = (sources or {}).get(name)
        try:
            arguments[name] = argument(name, value, origin, problems, defers=defers, follow=follow)
        except AutoconfError as error:
            problems.append(error)
    # Said even where it is off: the SDK would read a SENTRY_SPOTLIGHT that was refused.
    arguments.setdefault("spotlight", False)
    return arguments, problems


def argument(
    name: str,
    value: Any,
    origin: Origin | None,
    problems: list[AutoconfError],
    *,
    defers: bool = False,
    follow: bool = True,
) -> Any:
    """Return an option's value as `init` takes it; what a list loses of several items becomes a problem.

    Raises AutoconfError if there is nothing that init could take.
    """
    origin = origin or Origin(f"SENTRY_{name.lstrip('_').upper()}", ENVIRONMENT)
    if name not in consts.DEFAULT_OPTIONS:
        raise UnsupportedOptionError(
            f"{origin.set_to()} is left out: sentry-sdk {consts.VERSION} has no such option",
            remedy="Upgrade sentry-sdk, or unset it.",
        )
    if name in ("integrations", "disabled_integrations"):
        from sentry_asgi_autoconf.integrations import by_name

        convert: Any = by_name.disabled if defers else by_name.installed_class
        convert = by_name.instance if name == "integrations" else convert
        found = _each(origin, value, convert if follow else by_name.known, problems)
        return [each for each in found if each is not None]
    if name == "ignore_errors" and follow:
        return _each(origin, value, _error, problems)
    if isinstance(value, ImportReference) and follow:
        return _used(origin, value, _CONVERTERS.get(name, _function))
    return value


def _each(origin: Origin, values: Any, convert: Any, problems: list[AutoconfError]) -> list[Any]:
    """Convert the items of a list; those of which nothing can be made become problems, the last of all is raised."""
    converted: list[Any] = []
    refused: list[AutoconfError] = []
    for value in values:
        try:
            converted.append(_used(origin, value, convert))
        except AutoconfError as error:
            refused.append(error)
    if refused and not converted:
        problems += refused[:-1]
        raise refused[-1]
    problems += refused
    return converted


def _used(origin: Origin, value: Any, convert: Any) -> Any:
    """Convert a value; an error says which setting it is about."""
    try:
        return convert(value)
    except AutoconfError as error:
        what = f"{origin.set_to(shown(value))} is left out: {error.what}"
        raise type(error)(what, remedy=error.remedy) from error


def _function(reference: ImportReference) -> Any:
    found = reference.resolve()
    if not callable(found):
        raise _unusable(found, "cannot be called", "Name a function.")
    _check_that_it_returns(found)
    return found


def _check_that_it_returns(function: Any) -> None:
    """Raise UnresolvedImportError for a function whose call only makes a coroutine or a generator."""
    kinds = (inspect.iscoroutinefunction, inspect.isasyncgenfunction, inspect.isgeneratorfunction)
    if any(is_kind(each) for is_kind in kinds for each in (function, type(function).__call__)):
        raise UnresolvedImportError(
            "it leads to an async function or a generator, which the SDK does not await or iterate",
            remedy="Name a plain function: def, without async and yield.",
        )


def _error(name: str) -> Any:
    """Return the exception class of an import string; a class name stays text."""
    if not isinstance(name, ImportReference):
        return name
    found = name.resolve()
    if not (isinstance(found, type) and issubclass(found, BaseException)):
        raise _unusable(found, "is not an exception class", "Name an exception class.")
    return found


def _event_scrubber(reference: ImportReference) -> Any:
    found: Any = reference.resolve()
    if isinstance(found, type):
        found = guarded(found, f"calling {reference}")
    if not callable(getattr(found, "scrub_event", None)):
        raise _unusable(found, "has no method scrub_event", "Name an EventScrubber, or a class of one.")
    _check_that_it_returns(found.scrub_event)
    return found


def _transport(reference: ImportReference) -> Any:
    found = reference.resolve()
    if not isinstance(found, transport.Transport) and not callable(found):
        raise _unusable(found, "is not a transport", "Name a sentry_sdk.transport.Transport, or a function.")
    if not isinstance(found, (type, transport.Transport)):
        _check_that_it_returns(found)
    return found


def _unusable(found: object, why: str, remedy: str) -> UnresolvedImportError:
    return UnresolvedImportError(
        f"it leads to an object of type {type(found).__name__}, which {why}", remedy=remedy
    )


_CONVERTERS = {"event_scrubber": _event_scrubber, "transport": _transport}


class DirectTransport(transport.HttpTransport):
    """The SDK's own transport, which writes to the connection that its pool has kept itself.

    To send an envelope is half of what a sampled request costs, and three quarters of that is urllib3's and
    http.client's care for whatever a request may be. They open each connection, with all that is said of TLS, sockets
    and repeating; urllib3 then keeps it in a queue that it gives out. Neither repeats a POST that was begun.
    """

    is_usual = True  # for whom it matters whether somebody has chosen a transport
    # The last URL, and the pool of its host.
    _last: tuple[str, Any] = ("", None)

    def _request(self, method: str, endpoint_type: Any, body: Any, headers: Mapping[str, str]) -> Any:
        # A subclass, for a proxy say, may ask its pool for more than that.
        if type(self._pool) is PoolManager:
            url = self._auth.get_api_url(endpoint_type)
            if url != self._last[0] or self._last[1].pool is None:
                self._last = url, self._pool.connection_from_url(url)
            pool = self._last[1]
            host, slash, path = url.partition("://")[2].partition("/")
            response = _over_kept_connection(pool, _head(method, host, slash + path, body, headers), body)
            if response is None:
                response = pool.urlopen(method, slash + path, body, headers, redirect=False)
            if not (response.status in PooledResponse.REDIRECT_STATUSES and response.headers.get("location")):
                return response
            response.close()
        return super()._request(method, endpoint_type, body, headers)


# Those that speak HTTP/1.1, and that nobody has put another in the place of.
_ORDINARY = ("HTTPConnection", "HTTPSConnection")


def _head(method: str, host: str, path: str, body: Any, headers: Mapping[str, str]) -> bytes:
    """Return the head of a request; none if it or its body holds what may not be written as it is."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Accept-Encoding: identity"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if not isinstance(body, bytes) or not all(map(str.isprintable, lines)) or not "".join(lines).isascii():
        return b""
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode()


def _over_kept_connection(pool: Any, head: bytes, body: bytes) -> HTTPResponse | None:
    """Return the answer, read to its end; None if no connection is open, or nothing may be written to it."""
    kept = pool.pool
    try:
        connection = kept.get(block=False)
    except (AttributeError, queue.Empty):  # the pool is closed, or all are in use
        return None
    try:
        is_open = type(connection).__name__ in _ORDINARY and connection.sock is not None
        if not head or not is_open or is_connection_dropped(connection):
            return None
        connection.sock.sendall(head + body)
        response = HTTPResponse(connection.sock, method="POST")
        response.begin()
        response.data = response.read()  # type: ignore[attr-defined] # as urllib3's has it, which the SDK quotes
        if response.will_close:
            connection.close()
        return response
    except BaseException:  # whatever it is: half an answer may be left in the connection
        connection.close()
        raise
    finally:
        with contextlib.suppress(queue.Full):
            kept.put(connection, block=False)
