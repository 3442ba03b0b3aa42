"""Check a policy's tables of values: defaults, and what is enforced."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from sentry_asgi_autoconf.exceptions import AutoconfError, InvalidPolicyError
from sentry_asgi_autoconf.origin import ENFORCED, Origin
from sentry_asgi_autoconf.settings.candidates import choose
from sentry_asgi_autoconf.settings.keys import NOTHING, Table, did_you_mean, sorted_out
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS
from sentry_asgi_autoconf.settings.options_json import is_blank
from sentry_asgi_autoconf.settings.own import BEFORE_POLICIES, OWN_SETTINGS
from sentry_asgi_autoconf.settings.sources import without_blanks
from sentry_asgi_autoconf.shown_values import printable

Place = Callable[[Sequence[str]], str]

_REMEDY = "Correct the policy; until then nothing leaves this process."


def read(
    name: str, layer: str, content: Mapping[str, Any], place: Place, errors: list[AutoconfError]
) -> Table:
    """Give the table of this name, and add what is wrong with it to `errors`; `place` tells where a key stands."""
    values = content.get(name, {})
    if not isinstance(values, Mapping) or any(not isinstance(key, str) for key in values):
        errors.append(refusal(place([name]), f"[{name}] is no table of settings"))
        return NOTHING
    found: list[AutoconfError] = []
    table = sorted_out(values, lambda key: Origin(f"[{name}] {key}", place([name, key]), layer=layer), found)
    for options, given in ((SDK_OPTIONS, table.options), (OWN_SETTINGS, table.own)):
        found += choose(options, [without_blanks(given)]).problems
    for candidate in (*table.options.values(), *table.own.values(), *table.further.values()):
        if is_blank(candidate.value):
            what = f"{printable(str(candidate.origin), 200)} has no value"
            found.append(AutoconfError(what, remedy="Give it one, or take it out."))
    if layer == ENFORCED:
        found += [_without_effect(table.own[key].origin) for key in BEFORE_POLICIES if key in table.own]
    for key, candidate in table.further.items():
        if key not in _sdk_options():
            what = f"{printable(str(candidate.origin), 200)} is no setting"
            found.append(AutoconfError(what, remedy=did_you_mean(key)))
    # What a problem would replace the value by does not matter here: no part of the policy is taken on trust.
    errors += [InvalidPolicyError(problem.what, remedy=f"{_advice(problem)}{_REMEDY}") for problem in found]
    return table


def refusal(where: str, what: str) -> InvalidPolicyError:
    """Say what is wrong in a place of the policy."""
    return InvalidPolicyError(f"{printable(where, 200)}: {what}", remedy=_REMEDY)


def _without_effect(origin: Origin) -> AutoconfError:
    return AutoconfError(
        f"{printable(str(origin), 200)} enforces nothing, as the environment is heeded before there is a policy",
        remedy="Say it in [defaults], or set the variable for all.",
    )


def _advice(problem: AutoconfError) -> str:
    return f"{problem.remedy} " if problem.remedy and "until then" not in problem.remedy else ""


def _sdk_options() -> Mapping[str, Any]:
    from sentry_sdk.consts import DEFAULT_OPTIONS

    return DEFAULT_OPTIONS
