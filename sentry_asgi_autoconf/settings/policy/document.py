"""Check a policy, and turn it into its terms."""

from __future__ import annotations

import math
from typing import Any, Callable, Mapping

from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.limits import Limit
from sentry_asgi_autoconf.origin import ENFORCED, POLICY_DEFAULT, Origin
from sentry_asgi_autoconf.settings.keys import NOTHING, did_you_mean
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS
from sentry_asgi_autoconf.settings.policy import globs, tables
from sentry_asgi_autoconf.settings.policy.kinds import (
    LIMITS_CALLERS,
    choices,
    limits_hosts,
    limits_numbers,
    limits_texts,
)
from sentry_asgi_autoconf.settings.policy.tables import Place, refusal
from sentry_asgi_autoconf.settings.policy.terms import Policy
from sentry_asgi_autoconf.shown_values import printable


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
    defaults = tables.read("defaults", POLICY_DEFAULT, content, place, errors)
    enforced = tables.read("enforced", ENFORCED, content, place, errors)
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
        reason = globs.why_never(glob, of_host=limits_hosts(option))
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
