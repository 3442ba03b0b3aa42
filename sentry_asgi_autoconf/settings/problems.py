"""Say in one line why a value is refused, what is allowed and what applies instead."""

from __future__ import annotations

import sys
from typing import Any

from sentry_asgi_autoconf.exceptions import InvalidSettingError
from sentry_asgi_autoconf.origin import ENVIRONMENT, Origin
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.option import Option
from sentry_asgi_autoconf.settings.scalars import MismatchError
from sentry_asgi_autoconf.settings.texts import is_quoted
from sentry_asgi_autoconf.shown_values import MASK, printable, shown

_QUOTED = "it stands in quotes, which docker run --env-file and Kubernetes take for a part of the value"


def quoted(origin: Origin, value: str) -> InvalidSettingError:
    """Describe a text that is valid, and most likely other than meant."""
    name = origin.name if origin.place == ENVIRONMENT else f"{origin.name} ({printable(origin.place, 200)})"
    return InvalidSettingError(f"{name} is {shown(value)}: {_QUOTED}", remedy="Leave them out.")


def refusal(
    option: Option, refused: Candidate, error: ValueError, instead: Origin | None
) -> InvalidSettingError:
    """Describe a refused value; `error` is its kind's, `instead` is the origin of the value that applies."""
    value = MASK if option.is_secret else shown(refused.value)
    what = f"{refused.origin.set_to(value)} is not {option.kind.words}"
    applies = printable(str(instead), 200) if instead else "the default"
    return InvalidSettingError(
        f"{what}{reason_of(option, refused.value, error)}",
        remedy=f"Write it like {option.variable}={option.example}; until then {applies} applies.",
    )


def reason_of(option: Option, refused: Any, error: ValueError) -> str:
    """Return what follows what is allowed: a colon and the reason, nothing if that says it all."""
    reason = _reason(option, refused, error)
    return f": {reason}" if reason else ""


def _reason(option: Option, refused: Any, error: ValueError) -> str:
    if isinstance(refused, str) and is_quoted(refused.strip()):
        return _QUOTED
    if isinstance(error, MismatchError) and option.is_secret:
        # Keys of a secret's parts may be secrets too; other reasons quote nothing of one.
        return ""
    if MASK in shown(refused, limit=sys.maxsize) and not option.is_secret:
        # A reason may quote half a password that only the whole value shows to be one.
        return ""
    return str(error) if isinstance(error, MismatchError) else printable(str(error), 200)
