"""Choose for each option the highest candidate that its kind, and a policy, allow."""

from __future__ import annotations

import sys
from typing import Any, Callable, Mapping, NamedTuple, Sequence

from sentry_asgi_autoconf.console import MASK, printable, shown
from sentry_asgi_autoconf.exceptions import AutoconfError, InvalidSettingError
from sentry_asgi_autoconf.provenance import ENVIRONMENT, Candidate, Origin
from sentry_asgi_autoconf.settings.option import Option
from sentry_asgi_autoconf.settings.scalars import MismatchError, is_quoted


class Choice(NamedTuple):
    """The values that were chosen, by option, and how that came about.

    `origins` gives the origin of each, `overrode` the candidates below it, highest first, `forbidden` those above it
    that the policy did not permit; `problems` tell of values that were refused.
    """

    values: dict[str, Any]
    origins: dict[str, Origin]
    overrode: dict[str, list[Candidate]]
    forbidden: dict[str, list[Candidate]]
    problems: list[AutoconfError]


def choose(
    options: Mapping[str, Option],
    sources: Sequence[Mapping[str, Candidate]],
    permits: Callable[[str, Any], bool] = lambda name, value: True,
) -> Choice:
    """Choose from `sources`, highest first; a refused value gives way to the next lower source's.

    `permits` tells whether a policy lets an option have a valid value.
    """
    choice = Choice({}, {}, {}, {}, [])
    for name, option in options.items():
        _choose(option, [source[name] for source in sources if name in source], permits, choice)
    return choice


def _choose(
    option: Option,
    candidates: list[Candidate],
    permits: Callable[[str, Any], bool],
    choice: Choice,
) -> None:
    name, refused = option.name, []
    while candidates:
        candidate = candidates.pop(0)
        try:
            value = option.read(candidate.value)
        except ValueError as error:
            refused.append((candidate, error))
            continue
        if permits(name, value):
            choice.values[name], choice.origins[name] = value, candidate.origin
            choice.overrode[name] = candidates
            break
        choice.forbidden.setdefault(name, []).append(candidate)
    instead = choice.origins.get(name)
    choice.problems.extend(refusal(option, candidate, error, instead) for candidate, error in refused)


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
