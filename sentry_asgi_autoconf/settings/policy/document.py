"""Check a policy, and turn it into its terms."""

import math
from typing import Any, Dict, List, Mapping, Optional, Union

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StrictBool, StrictStr, ValidationError
from typing_extensions import Annotated

from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.limits import Limit
from sentry_asgi_autoconf.origin import ENFORCED, POLICY_DEFAULT, Origin
from sentry_asgi_autoconf.settings import shapes
from sentry_asgi_autoconf.settings.candidate import Candidate
from sentry_asgi_autoconf.settings.candidates import choose
from sentry_asgi_autoconf.settings.given_values import GivenValues
from sentry_asgi_autoconf.settings.keys import NOTHING, did_you_mean
from sentry_asgi_autoconf.settings.options import SdkOptions
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
from sentry_asgi_autoconf.settings.problems import allowed, words
from sentry_asgi_autoconf.settings.types import Allowed
from sentry_asgi_autoconf.shown_values import printable


def _number(value: Any) -> Union[int, float]:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError("it is no number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("it is no finite number")
    return value


Number = Annotated[Union[int, float], PlainValidator(_number), Allowed("a number", shapes.NUMBER)]


class LimitRules(BaseModel):
    """What `[limits.<option>]` holds: a ceiling, a floor, or texts that are allowed, as globs.

    `sampled_by_callers` says that the ceiling of traces holds for those too that a caller has sampled.
    """

    model_config = ConfigDict(extra="forbid")

    max: Optional[Number] = None
    min: Optional[Number] = None
    allow: Optional[Annotated[List[StrictStr], Field(min_length=1)]] = None
    sampled_by_callers: StrictBool = False


def read(name: str, content: Any, place: Place) -> Policy:
    """Give the policy of this name; `place` tells where a key of its tables stands."""
    errors: List[AutoconfError] = []
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


def _limits(values: Any, place: Place, errors: List[AutoconfError]) -> Dict[str, Limit]:
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
    if option not in SdkOptions.model_fields:
        raise ValueError(f"is no option that can be limited. {did_you_mean(str(option))}")
    try:
        checked = LimitRules.model_validate(rules)
    except ValidationError as error:
        raise _wrong(error) from error
    is_range = (checked.max, checked.min) != (None, None)
    if is_range and not limits_numbers(option):
        raise ValueError(
            "is no number: max and min are for numbers, allow is for texts, [enforced] for all else"
        )
    if checked.allow is not None and not limits_texts(option):
        raise ValueError(
            "is no text: allow is for texts, max and min are for numbers, [enforced] for all else"
        )
    if not is_range and checked.allow is None:
        raise ValueError("limits nothing: it needs max, min or allow")
    if checked.sampled_by_callers and (option != LIMITS_CALLERS or checked.max is None):
        raise ValueError(f"takes sampled_by_callers only beside max, and of {LIMITS_CALLERS}")
    origin = Origin(f"[limits] {option}", where, layer="limits")
    for name, bound in (("max", checked.max), ("min", checked.min)):
        given = {} if bound is None else {option: Candidate(bound, origin)}
        if choose(SdkOptions, [GivenValues(SdkOptions, given)]).problems:
            raise _wrong_at(name, f"it is not {_allowed(option)}")
    if choices(option) and not set(checked.allow or ()).issubset(choices(option)):
        raise _wrong_at("allow", f"it is not {_allowed(option)}")
    for glob in checked.allow or ():
        reason = globs.why_never(glob, of_host=limits_hosts(option))
        if reason:
            raise _wrong_at("allow", reason)
    allowed_texts = (tuple(checked.allow),) if checked.allow else ()
    return Limit(checked.max, checked.min, allowed_texts, (origin,), checked.sampled_by_callers)


def _allowed(option: str) -> str:
    return allowed(SdkOptions.model_fields[option])


def _wrong(error: ValidationError) -> ValueError:
    first = error.errors(include_url=False)[0]
    rules = ", ".join(LimitRules.model_fields)
    if not first["loc"]:
        return ValueError(f"is no table of rules, which are {rules}")
    key = printable(str(first["loc"][0]))
    if first["type"] == "extra_forbidden":
        return ValueError(f"has no rule {key}: the rules are {rules}", first["loc"][0])
    return _wrong_at(key, words(first))


def _wrong_at(rule: str, reason: str) -> ValueError:
    return ValueError(f"has a wrong value at {rule}: {reason}", rule)
