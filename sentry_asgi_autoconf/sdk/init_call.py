"""What an app's call of `sentry_sdk.init`, or of `sentry_sdk.Client`, says, and where in its code it stands."""

from __future__ import annotations

import sys
from typing import Any

import sentry_sdk

_OURS = __name__.partition(".")[0]


def given(args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any] | None:
    """Give the app's arguments by name, as the SDK reads them; None if it would refuse them."""
    dsn, rest = None, args
    if args and (isinstance(args[0], (str, bytes)) or args[0] is None):
        dsn, rest = args[0], args[1:]
    if len(rest) > 1:
        return None
    try:
        named: dict[Any, Any] = dict(*rest, **kwargs)
    except (TypeError, ValueError):
        return None
    if dsn is not None and named.get("dsn") is None:
        named["dsn"] = dsn
    return named if all(isinstance(name, str) for name in named) else None


class Caller:
    """The code that asked for the client."""

    def __init__(self) -> None:
        """Look for it in the stack; `calls_init` says whether it came through `sentry_sdk.init`.

        `is_ours` says whether it is code of this package that called the SDK.
        """
        self.calls_init = self.is_ours = False
        frame = sys._getframe()
        while frame.f_back is not None:
            module = str(frame.f_globals.get("__name__", ""))
            if module.partition(".")[0] not in ("sentry_sdk", _OURS):
                break
            self.is_ours = self.calls_init and module.startswith(f"{_OURS}.")
            self.calls_init = self.calls_init or module == sentry_sdk.init.__module__
            frame = frame.f_back
        self._place = f"{frame.f_code.co_filename}:{frame.f_lineno}"

    def __str__(self) -> str:
        """Give `file:line`."""
        return self._place
