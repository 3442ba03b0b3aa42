"""Choose for each option the highest candidate that its kind, and a policy, allow."""

from __future__ import annotations

from typing import Any, Callable, Mapping, NamedTuple, Sequence

from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.origin import Origin
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.option import Option
from sentry_asgi_autoconf.settings.problems import refusal


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
