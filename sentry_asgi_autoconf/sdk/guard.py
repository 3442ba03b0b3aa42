"""Stand between the SDK and an app that calls `sentry_sdk.init` itself: its arguments are put over ours.

The one place that all ways lead through, also functions imported by name before and a client bound by hand, is the
constructor of `sentry_sdk.Client`.
"""

from __future__ import annotations

import functools
from contextlib import contextmanager
from typing import Any, Callable, Iterator, Mapping

import sentry_sdk
from sentry_sdk.integrations import DidNotEnable

from sentry_asgi_autoconf import client_calls
from sentry_asgi_autoconf.client_calls import Call
from sentry_asgi_autoconf.references import described
from sentry_asgi_autoconf.sdk import deferred, quiet_logger
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
            quiet_logger.set_level(client)
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


def withdraw() -> None:
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
