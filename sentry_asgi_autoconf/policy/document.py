"""Check a policy, and turn it into its terms."""

from __future__ import annotations

import math
from typing import Any, Callable, Mapping, Sequence

from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import AutoconfError, InvalidPolicyError
from sentry_asgi_autoconf.policy.limits import Limit, why_never
from sentry_asgi_autoconf.policy.terms import Policy
from sentry_asgi_autoconf.provenance import ENFORCED, POLICY_DEFAULT, Origin
from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.choosing import choose
from sentry_asgi_autoconf.settings.keys import NOTHING, Table, classify, did_you_mean
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS
from sentry_asgi_autoconf.settings.options_json import is_blank
from sentry_asgi_autoconf.settings.own import BEFORE_POLICIES, OWN_SETTINGS
from sentry_asgi_autoconf.settings.sources import without_blanks


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("it is no number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("it is no finite number")
    return value


def _globs(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("it is no list")
    if not value:
        raise ValueError("it is empty")
    if not all(isinstance(item, str) for item in value):
        raise ValueError("it is no text")
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("it is neither true nor false")
    return value


# What `[limits.<option>]` holds: a ceiling, a floor, or texts that are allowed, as globs. `sampled_by_callers` says
# that the ceiling of traces holds for those too that a caller has sampled.
RULES: Mapping[str, Callable[[Any], Any]] = {
    "max": _number,
    "min": _number,
    "allow": _globs,
    "sampled_by_callers": _switch,
}


def read(name: str, content: Any, place: Place) -> Policy:
    """Give the policy of this name; `place` tells where a key of its tables stands."""
    errors: list[AutoconfError] = []
    if not isinstance(content, Mapping):
        return Policy([name], NOTHING, NOTHING, {}, [refusal(name, "it is no mapping of tables")], [])
    for key in content:
        if key not in ("defaults", "limits", "enforced"):
            what = f"[{printable(str(key))}] is no table of a policy: defaults, limits, enforced are"
            errors.append(refusal(place([str(key)]), what))
    defaults = read_table("defaults", POLICY_DEFAULT, content, place, errors)
    enforced = read_table("enforced", ENFORCED, content, place, errors)
    limits = _limits(content.get("limits", {}), place, errors)
    return Policy([name], defaults, enforced, limits, errors, [])


def _limits(values: Any, place: Place, errors: list[AutoconfError]) -> dict[str, Limit]:
    if not isinstance(values, Mapping):
        errors.append(refusal(place(["limits"]), "[limits] is no table"))
        return {}
    limits = {}
    for option, rules in values.items():
        try:
            limits[option] = _limit(option, rules, place(["limits", str(option)]))
        except ValueError as error:
            reason, *rule = error.args
            where = place(["limits", str(option), *rule])
            errors.append(refusal(where, f"[limits] {printable(str(option))} {reason}"))
    return limits


def _limit(option: str, rules: Any, where: str) -> Limit:
    """Check one option's limit. Raises ValueError with the reason, and the rule that it is about if it is one."""
    if option not in SDK_OPTIONS:
        raise ValueError(f"is no option that can be limited. {did_you_mean(str(option))}")
    checked = _checked(rules)
    maximum, minimum, allowed, by_callers = (checked.get(rule) for rule in RULES)
    is_range = (maximum, minimum) != (None, None)
    if is_range and not limits_numbers(option):
        raise ValueError(
            "is no number: max and min are for numbers, allow is for texts, [enforced] for all else"
        )
    if allowed is not None and not limits_texts(option):
        raise ValueError(
            "is no text: allow is for texts, max and min are for numbers, [enforced] for all else"
        )
    if not is_range and allowed is None:
        raise ValueError("limits nothing: it needs max, min or allow")
    if by_callers and (option != LIMITS_CALLERS or maximum is None):
        raise ValueError(f"takes sampled_by_callers only beside max, and of {LIMITS_CALLERS}")
    origin = Origin(f"[limits] {option}", where, layer="limits")
    kind = SDK_OPTIONS[option].kind
    for name, bound in (("max", maximum), ("min", minimum)):
        if bound is not None and not _is_value(bound, option):
            raise _wrong_at(name, f"it is not {kind.words}")
    if choices(option) and not set(allowed or ()).issubset(choices(option)):
        raise _wrong_at("allow", f"it is not {kind.words}")
    for glob in allowed or ():
        reason = why_never(glob, of_host=limits_hosts(option))
        if reason:
            raise _wrong_at("allow", reason)
    texts = (tuple(allowed),) if allowed else ()
    return Limit(maximum, minimum, texts, (origin,), bool(by_callers))


def _checked(rules: Any) -> dict[str, Any]:
    """Return the rules that are set. Raises ValueError as _limit does."""
    known = ", ".join(RULES)
    if not isinstance(rules, Mapping):
        raise ValueError(f"is no table of rules, which are {known}")
    checked = {}
    for rule, read in RULES.items():
        try:
            checked[rule] = None if rules.get(rule) is None else read(rules[rule])
        except ValueError as error:
            raise _wrong_at(rule, str(error)) from error
    for rule in rules:
        if rule not in RULES:
            raise ValueError(f"has no rule {printable(str(rule))}: the rules are {known}", rule)
    return checked


def _is_value(bound: float, option: str) -> bool:
    try:
        SDK_OPTIONS[option].read(bound)
    except ValueError:
        return False
    return True


def _wrong_at(rule: str, reason: str) -> ValueError:
    return ValueError(f"has a wrong value at {rule}: {reason}", rule)


# The option whose ceiling may hold for what callers have decided.
LIMITS_CALLERS = "traces_sample_rate"


def limits_numbers(name: str) -> bool:
    """Whether the option is a number."""
    return SDK_OPTIONS[name].kind.type in (int, float)


def limits_texts(name: str) -> bool:
    """Whether the option is one text: free, one of several, or a URL among others."""
    kind = SDK_OPTIONS[name].kind
    return kind is kinds.BOOLEAN_OR_URL or kind.type is str


def limits_hosts(name: str) -> bool:
    """Whether the option is a URL, of which the host is limited."""
    return SDK_OPTIONS[name].kind in (kinds.DSN, kinds.PROXY_URL, kinds.BOOLEAN_OR_URL)


def choices(name: str) -> tuple[str, ...]:
    """Return the texts of which the option is one; none if it is not a choice."""
    return tuple(SDK_OPTIONS[name].kind.shape.get("enum", ()))


Place = Callable[[Sequence[str]], str]

_REMEDY = "Correct the policy; until then nothing leaves this process."


def read_table(
    name: str, layer: str, content: Mapping[str, Any], place: Place, errors: list[AutoconfError]
) -> Table:
    """Give the table of this name, and add what is wrong with it to `errors`; `place` tells where a key stands."""
    values = content.get(name, {})
    if not isinstance(values, Mapping) or any(not isinstance(key, str) for key in values):
        errors.append(refusal(place([name]), f"[{name}] is no table of settings"))
        return NOTHING
    found: list[AutoconfError] = []
    table = classify(values, lambda key: Origin(f"[{name}] {key}", place([name, key]), layer=layer), found)
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
