"""Stand between the SDK and an app that calls `sentry_sdk.init` itself: its arguments are put over ours.

The one place that all ways lead through, also functions imported by name before and a client bound by hand, is the
constructor of `sentry_sdk.Client`.
"""

from __future__ import annotations

import functools
import logging
import os
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Mapping

import sentry_sdk
from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.integrations import DidNotEnable
from sentry_sdk.scrubber import EventScrubber
from sentry_sdk.utils import get_default_release, logger

from sentry_asgi_autoconf import client_calls
from sentry_asgi_autoconf.client_calls import Call
from sentry_asgi_autoconf.import_strings import described
from sentry_asgi_autoconf.integrations import deferred
from sentry_asgi_autoconf.sdk.arguments import Arguments, Merged

Report = Callable[[str, Merged], None]
Attempt = Callable[[Callable[[], Any]], Any]

# What the SDK raises for arguments that are none, some of it by mishap.
_REFUSALS = (
    *(AttributeError, DidNotEnable, ImportError, LookupError, OSError, RuntimeError, TypeError, ValueError),
    Warning,
)

_NOTHING = {
    "dsn": "",
    "spotlight": False,
    "default_integrations": False,
    "auto_enabling_integrations": False,
}


class Guard:
    """What an app's init is given; at most one stands in a process."""

    def __init__(self, arguments: Arguments, attempt: Attempt, report: Report) -> None:
        """Take what makes the arguments, what runs ours so that nothing is raised, and what is told of the result."""
        self.arguments = arguments
        self._attempt = attempt
        self._report = report

    def construct(
        self, original: Callable[..., None], client: Any, args: tuple[Any, ...], kwargs: Any
    ) -> None:
        """Construct the app's client. Raises what the SDK would raise for the app's own arguments."""
        call = client_calls.of(client) or Call(args, kwargs)
        given = call.given()
        merged = None if given is None else self._attempt(lambda: self._made(original, client, given))
        if merged is None or merged.error:
            merged = merged or Merged({}, [], [], error="it cannot be told what may be set")
            original(client, *args, **kwargs)
            if self.arguments.must_hold:
                # What the policy says of these arguments could not be told.
                merged = merged._replace(arguments=_NOTHING)
                original(client, **merged.arguments)
        call.is_told = True
        self._attempt(lambda: self._report(str(call), merged))

    def _made(self, original: Callable[..., None], client: Any, given: dict[str, Any]) -> Merged:
        def made(final: Mapping[str, Any]) -> Any:
            original(client, **final)
            set_level(client)
            return client

        merged = self.arguments.of_app(given)
        try:
            deferred.make_client(made, merged.arguments, defers=self.arguments.defers)
        except _REFUSALS as error:
            # The app's own arguments may be at fault, or the settings together with them.
            return Merged({}, [], [], error=described(error))
        return merged


_standing: list[Guard] = []


def stand(guard: Guard) -> None:
    """Guard every client that is made from now on, in place of a guard that stands."""
    _standing[:] = [guard]
    _watch()


def must_hold() -> bool:
    """Whether a guard stands that no client may be made past."""
    return any(guard.arguments.must_hold for guard in _standing)


def uninstall() -> None:
    """Let clients be made as without us."""
    _standing.clear()


@contextmanager
def ours() -> Iterator[None]:
    """Make one client past the guard within this context."""
    _watch()
    token = client_calls.ours.set(True)
    try:
        yield
    finally:
        client_calls.ours.reset(token)


def _watch() -> None:
    client = sentry_sdk.Client
    client_calls.keep(client)
    if getattr(client.__init__, "guarded", None) is None:
        setattr(client, "__init__", _guarded(client.__init__))  # noqa: B010 (mypy: no method is assigned to)


def _guarded(original: Any) -> Any:
    @functools.wraps(original)
    def construct(self: Any, *args: Any, **kwargs: Any) -> None:
        if client_calls.ours.get():
            client_calls.ours.set(False)
            original(self, *args, **kwargs)
        elif _standing:
            _standing[0].construct(original, self, args, kwargs)
        else:
            original(self, *args, **kwargs)

    construct.guarded = True  # type: ignore[attr-defined] # how a second guard knows the first
    return construct


# The client puts these in where nothing is given, from the machine or from other options.
_FOUND_OUT = frozenset(("instrumenter", "keep_alive", "project_root", "server_name", "spotlight"))


def arguments(client: Any) -> dict[str, Any]:
    """Give the arguments that differ from what the SDK would have taken by itself; none if there is no client."""
    if not client.is_active():
        return {}
    return {
        name: value
        for name, value in client.options.items()
        if name in DEFAULT_OPTIONS and name not in _FOUND_OUT and not _is_usual(name, value)
    }


def _is_usual(name: str, value: Any) -> bool:
    if value is None or value is DEFAULT_OPTIONS[name] or value == DEFAULT_OPTIONS[name]:
        return True
    if name == "debug":
        return not value
    if name == "data_collection":
        return not value.get("provided_by_user")
    if name == "event_scrubber":
        return type(value) is EventScrubber
    if name == "environment":
        return bool(value == (os.environ.get("SENTRY_ENVIRONMENT") or "production"))
    if name == "release":
        return bool(value == get_default_release())
    return name == "dsn" and value == os.environ.get("SENTRY_DSN")


def set_level(client: Any) -> None:
    """Set the level for what `client` prints: everything with the option debug, else nothing below a warning."""
    logger.setLevel(logging.DEBUG if client.options["debug"] else logging.WARNING)
