"""Keep what every client of the SDK is made of, and by whom, from the moment that `sentry_sdk` is imported.

What an app's `sentry_sdk.init` has said cannot be seen afterwards from the options that the client has made of it.
"""

from __future__ import annotations

import sys
from contextvars import ContextVar
from typing import Any, Callable

# Where the SDK has the class of its clients: imported while `sentry_sdk` itself still is.
MODULE = "sentry_sdk.client"

_SDK = "sentry_sdk"
_PACKAGE = __name__.partition(".")[0]


class Call:
    """One call of `sentry_sdk.init`, or of `sentry_sdk.Client`, and where in the app's code it stands."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Keep the arguments; `calls_init` says whether they came through `sentry_sdk.init`."""
        self._args, self._kwargs = args, kwargs
        self.calls_init = False
        # Whether it has been said what came of it.
        self.is_reported = False
        frame = sys._getframe()
        init = getattr(getattr(sys.modules.get(_SDK), "init", None), "__module__", None)
        while frame.f_back is not None:
            module = str(frame.f_globals.get("__name__", ""))
            if module.partition(".")[0] not in (_SDK, _PACKAGE):
                break
            self.calls_init = self.calls_init or module == init
            frame = frame.f_back
        self._place = f"{frame.f_code.co_filename}:{frame.f_lineno}"

    def __str__(self) -> str:
        """Return `file:line`."""
        return self._place

    def given(self) -> dict[str, Any] | None:
        """Return the arguments by name, as the SDK reads them; None if it would refuse them."""
        dsn, rest = None, self._args
        if rest and (isinstance(rest[0], (str, bytes)) or rest[0] is None):
            dsn, rest = rest[0], rest[1:]
        try:
            named: dict[Any, Any] = dict(*rest, **self._kwargs)
        except (TypeError, ValueError):
            return None
        if dsn is not None and named.get("dsn") is None:
            named["dsn"] = dsn
        return named if all(isinstance(name, str) for name in named) else None


# Whether the next client is one of ours.
bypass: ContextVar[bool] = ContextVar("sentry_asgi_autoconf_bypass", default=False)

# What a client has its call under, None if it is one of ours.
_CALL = "_sentry_asgi_autoconf_call"
# The app's last init: a worker that is forked from here is initialised anew, and does not call it again.
_last_init: list[Call] = []


def keep(client_class: Any, before: Callable[[], None] = lambda: None) -> None:
    """Keep what the SDK's class of clients is called with; `before` is called ahead of each of an app's. Idempotent."""
    original = client_class.__new__
    if hasattr(original, "keeps_calls"):
        return

    # Not in place of `__init__`, so that no frame of ours is in the traceback of one that fails.
    def new(cls: Any, *args: Any, **kwargs: Any) -> Any:
        client = original(cls) if original is object.__new__ else original(cls, *args, **kwargs)
        call = None if bypass.get() else Call(args, kwargs)
        vars(client)[_CALL] = call
        if call is not None:
            if call.calls_init:
                _last_init[:] = [call]
            before()
        return client

    new.keeps_calls = True  # type: ignore[attr-defined] # how a second one knows the first
    client_class.__new__ = new


def last_of_app(client: Any) -> Call | None:
    """Return the app's last init, in the parent process perhaps, or else the call that made `client`."""
    return _last_init[0] if _last_init else of(client)


def are_kept(client: Any) -> bool:
    """Whether it is known by which call `client` was made, if by an app's at all."""
    return _CALL in vars(client)


def of(client: Any) -> Call | None:
    """Return the call that made `client`, if it was an app's."""
    call: Call | None = vars(client).get(_CALL)
    return call
