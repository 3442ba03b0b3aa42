"""The form of a policy: its tables and what they may hold, checked and turned into its terms."""

from __future__ import annotations

import hashlib
import math
from typing import Any, Callable, Mapping, Sequence

from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import AutoconfError, InvalidPolicyError
from sentry_asgi_autoconf.policy.enforcement import NO_POLICY, Policy
from sentry_asgi_autoconf.policy.limits import Limit, why_never
from sentry_asgi_autoconf.provenance import ENFORCED, LIMITS, POLICY_DEFAULT, Origin
from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.names import classify, did_you_mean
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS
from sentry_asgi_autoconf.settings.own import BEFORE_POLICIES, OWN_KEYS, OWN_SETTINGS
from sentry_asgi_autoconf.settings.sources import NOTHING, Table, choose, is_blank

# The option whose ceiling may hold for what callers have decided.
LIMITS_CALLERS = "traces_sample_rate"
_NUMBERS = (int, float)
# What can be limited: the SDK's options, and the numbers among our own settings, by their keys.
LIMITABLE = {**SDK_OPTIONS, **{key: own for key, own in OWN_KEYS.items() if own.kind.type in _NUMBERS}}
# Tells where a key stands, given by the tables above it and its own name: `file:line`, or what gave the policy.
_Place = Callable[[Sequence[str]], str]
_REMEDY = "Correct the policy; until then nothing leaves this process."


def read(name: str, content: Any, place: _Place, text: str) -> Policy:
    """Return the policy of this name; what is wrong with it, or with a value in it, is among its errors.

    It is named with the beginning of the hash of its `text`, by which an event tells under which one it was made.
    """
    names = [f"{name}@{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:8]}"]
    errors: list[AutoconfError] = []
    if not isinstance(content, Mapping):
        return NO_POLICY._replace(names=names, errors=[_refusal(name, "it is not a mapping of tables")])
    for key in content:
        if key not in ("defaults", "limits", "enforced"):
            what = f"[{printable(str(key))}] is not a table of a policy: defaults, limits, enforced are"
            errors.append(_refusal(place([str(key)]), what))
    defaults = _table("defaults", POLICY_DEFAULT, content, place, errors)
    enforced = _table("enforced", ENFORCED, content, place, errors)
    return Policy(names, defaults, enforced, _limits(content.get("limits", {}), place, errors), errors, [])


def _table(
    name: str, layer: str, content: Mapping[str, Any], place: _Place, errors: list[AutoconfError]
) -> Table:
    values = content.get(name, {})
    if not isinstance(values, Mapping) or any(not isinstance(key, str) for key in values):
        errors.append(_refusal(place([name]), f"[{name}] is not a table of settings"))
        return NOTHING
    found: list[AutoconfError] = []
    table = classify(values, lambda key: Origin(f"[{name}] {key}", place([name, key]), layer=layer), found)
    for options, given in ((SDK_OPTIONS, table.options), (OWN_SETTINGS, table.own)):
        found += choose(options, [given]).problems
    for candidate in (*table.options.values(), *table.own.values(), *table.further.values()):
        if is_blank(candidate.value):
            what = f"{printable(str(candidate.origin), 200)} has no value"
            found.append(AutoconfError(what, remedy="Give it one, or take it out."))
    if layer == ENFORCED:
        found += [_without_effect(table.own[key].origin) for key in BEFORE_POLICIES if key in table.own]
    for problem in found:
        # What would apply in place of a value does not matter here: no part of the policy is taken on trust.
        advice = problem.remedy if problem.remedy and "until then" not in problem.remedy else ""
        errors.append(InvalidPolicyError(problem.what, remedy=f"{advice} {_REMEDY}".lstrip()))
    return table


def _without_effect(origin: Origin) -> AutoconfError:
    why = "enforces nothing, as the environment is heeded before there is a policy"
    remedy = "Say it in [defaults], or set the variable for all."
    return AutoconfError(f"{printable(str(origin), 200)} {why}", remedy=remedy)


def _refusal(where: str, what: str) -> InvalidPolicyError:
    return InvalidPolicyError(f"{printable(where, 200)}: {what}", remedy=_REMEDY)


def _limits(values: Any, place: _Place, errors: list[AutoconfError]) -> dict[str, Limit]:
    if not isinstance(values, Mapping):
        errors.append(_refusal(place(["limits"]), "[limits] is not a table"))
        return {}
    limits = {}
    for option, rules in values.items():
        try:
            limits[option] = _limit(option, rules, place(["limits", str(option)]))
        except ValueError as error:
            reason, *rule = error.args
            what = f"[limits] {printable(str(option))} {reason}"
            errors.append(_refusal(place(["limits", str(option), *rule]), what))
    return limits


def _limit(option: str, rules: Any, where: str) -> Limit:
    """Check one option's limit. Raises ValueError with the reason, and the rule that it is about if it is one."""
    if option not in LIMITABLE:
        raise ValueError(f"is not an option that can be limited. {did_you_mean(str(option))}")
    checked = _checked(rules)
    maximum, minimum, allowed, by_callers = (checked.get(rule) for rule in _RULES)
    is_range = (maximum, minimum) != (None, None)
    if is_range and not limits_numbers(option):
        rules_for = "max and min are for numbers, allow is for texts, [enforced] for all else"
        raise ValueError(f"is not a number: {rules_for}")
    if allowed is not None and not limits_texts(option):
        rules_for = "allow is for texts, max and min are for numbers, [enforced] for all else"
        raise ValueError(f"is not text: {rules_for}")
    if not is_range and allowed is None:
        raise ValueError("limits nothing: it needs max, min or allow")
    if by_callers and (option != LIMITS_CALLERS or maximum is None):
        raise ValueError(f"takes sampled_by_callers only beside max, and of {LIMITS_CALLERS}")
    origin = Origin(f"[limits] {option}", where, layer=LIMITS)
    kind = LIMITABLE[option].kind
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
    known = ", ".join(_RULES)
    if not isinstance(rules, Mapping):
        raise ValueError(f"is not a table of rules, which are {known}")
    checked = {}
    for rule, read in _RULES.items():
        try:
            checked[rule] = None if rules.get(rule) is None else read(rules[rule])
        except ValueError as error:
            raise _wrong_at(rule, str(error)) from error
    for rule in rules:
        if rule not in _RULES:
            raise ValueError(f"has no rule {printable(str(rule))}: the rules are {known}", rule)
    return checked


def _is_value(bound: float, option: str) -> bool:
    try:
        LIMITABLE[option].read(bound)
    except ValueError:
        return False
    return True


def _wrong_at(rule: str, reason: str) -> ValueError:
    return ValueError(f"has a wrong value at {rule}: {reason}", rule)


def _number(value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("it is not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("it is not a finite number")
    return value


def _globs(value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("it is not a list")
    if not value:
        raise ValueError("it is empty")
    if not all(isinstance(item, str) for item in value):
        raise ValueError("it is not text")
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError("it is neither true nor false")
    return value


# What `[limits.<option>]` holds: a ceiling, a floor, or texts that are allowed, as globs. `sampled_by_callers` says
# that the ceiling of traces holds for those too that a caller has sampled.
_RULES: Mapping[str, Callable[[Any], Any]] = {
    "max": _number,
    "min": _number,
    "allow": _globs,
    "sampled_by_callers": _switch,
}


def limits_numbers(name: str) -> bool:
    """Whether the option is a number."""
    return LIMITABLE[name].kind.type in _NUMBERS


def limits_texts(name: str) -> bool:
    """Whether the option is one text: free, one of several, or a URL among others."""
    kind = LIMITABLE[name].kind
    return kind is kinds.BOOLEAN_OR_URL or kind.type is str


def limits_hosts(name: str) -> bool:
    """Whether the option is a URL, of which the host is limited."""
    return LIMITABLE[name].kind in (kinds.DSN, kinds.PROXY_URL, kinds.BOOLEAN_OR_URL)


def choices(name: str) -> tuple[str, ...]:
    """Return the texts of which the option is one; none if it is not a choice."""
    return tuple(LIMITABLE[name].kind.shape.get("enum", ()))
