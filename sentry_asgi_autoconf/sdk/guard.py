"""Stand between the SDK and an app that calls `sentry_sdk.init` itself: its arguments are put over ours.

The one place that all ways lead through, also functions imported by name before and a client bound by hand, is the
constructor of `sentry_sdk.Client`.
"""

from __future__ import annotations

import functools
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Callable, Iterator

import sentry_sdk
from sentry_sdk.integrations import DidNotEnable

from sentry_asgi_autoconf.sdk import earlier_init
from sentry_asgi_autoconf.sdk.arguments import Arguments, Merged

Report = Callable[[str, Merged], None]
Merge = Callable[[Callable[[], Merged]], "Merged | None"]

_ours: ContextVar[bool] = ContextVar("sentry_asgi_autoconf_ours", default=False)
_OURS = __name__.partition(".")[0]


class Guard:
    """What an app's init is given; at most one stands in a process."""

    def __init__(self, arguments: Arguments, attempt: Merge, report: Report) -> None:
        """Take what makes the arguments, what runs that so that nothing is raised, and what is told of the result."""
        self._arguments = arguments
        self._attempt = attempt
        self._report = report

    def construct(
        self, original: Callable[..., None], client: Any, args: tuple[Any, ...], kwargs: Any
    ) -> None:
        """Construct the app's client. Raises what the SDK would raise for the app's own arguments."""
        given = _given(args, kwargs)
        merged = None if given is None else self._attempt(lambda: self._arguments.of_app(given))
        if given is None or merged is None:
            self._as_without_us(original, client, args, kwargs)
            return
        try:
            original(client, **merged.arguments)
        except (DidNotEnable, ImportError, TypeError, ValueError, Warning):
            self._as_without_us(original, client, args, kwargs)
            return
        _deactivate(client, merged.arguments)
        caller = _Caller()
        if caller.calls_init:
            _remembered[:] = [given]
        self._report(str(caller), merged)

    def _as_without_us(
        self, original: Callable[..., None], client: Any, args: tuple[Any, ...], kwargs: Any
    ) -> None:
        original(client, *args, **kwargs)
        if self._arguments.must_hold:
            # What the policy says of these arguments could not be told, so nothing is sent.
            original(client, dsn="", spotlight=False)


_standing: list[Guard] = []
# What the app's init said: a worker that is forked from here is initialised anew, and does not call it again.
_remembered: list[dict[str, Any]] = []


def said_before() -> dict[str, Any]:
    """Give the arguments of an app's init that ran already, before the guard stood or in the parent process."""
    return _remembered[0] if _remembered else earlier_init.arguments()


def stand(guard: Guard) -> None:
    """Guard every client that is made from now on, in place of a guard that stands."""
    _standing[:] = [guard]
    client = sentry_sdk.Client
    if getattr(client.__init__, "guarded", None) is None:
        setattr(client, "__init__", _guarded(client.__init__))  # noqa: B010 (mypy: no method is assigned to)


def withdraw() -> None:
    """Let clients be made as without us."""
    _standing.clear()


@contextmanager
def ours() -> Iterator[None]:
    """Make clients past the guard within this context."""
    token = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(token)


def _guarded(original: Any) -> Any:
    @functools.wraps(original)
    def construct(self: Any, *args: Any, **kwargs: Any) -> None:
        if _standing and not _ours.get():
            _standing[0].construct(original, self, args, kwargs)
        else:
            original(self, *args, **kwargs)

    construct.guarded = True  # type: ignore[attr-defined] # how a second guard knows the first
    return construct


def _given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """Give the app's arguments by name, as the SDK reads them; None if it would refuse them."""
    rest, named = args, dict(kwargs)
    if args and (isinstance(args[0], (str, bytes)) or args[0] is None):
        rest = args[1:]
        if named.get("dsn") is None:
            named["dsn"] = args[0]
    if not rest:
        return named
    if len(rest) == 1 and isinstance(rest[0], dict):
        return {**rest[0], **named}
    return None


def _deactivate(client: Any, arguments: dict[str, Any]) -> None:
    # An earlier client's integrations stay installed in the SDK, which then takes them for active.
    for each in arguments.get("disabled_integrations") or ():
        client.integrations.pop(getattr(each, "identifier", None), None)


class _Caller:
    """The code that asked for the client."""

    def __init__(self) -> None:
        self.calls_init = False
        frame = sys._getframe()
        while frame.f_back is not None:
            module = str(frame.f_globals.get("__name__", ""))
            if module.partition(".")[0] not in ("sentry_sdk", _OURS):
                break
            self.calls_init = self.calls_init or module == sentry_sdk.init.__module__
            frame = frame.f_back
        self._place = f"{frame.f_code.co_filename}:{frame.f_lineno}"

    def __str__(self) -> str:
        """Give `file:line`."""
        return self._place
