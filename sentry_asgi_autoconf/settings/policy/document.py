"""Check a policy's tables, and turn them into its terms."""

import math
from typing import Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, StrictStr, ValidationError
from typing_extensions import Annotated

from sentry_asgi_autoconf.exceptions import AutoconfError, InvalidPolicyError
from sentry_asgi_autoconf.limits import Limit
from sentry_asgi_autoconf.origin import ENFORCED, POLICY_DEFAULT, Origin
from sentry_asgi_autoconf.settings.candidates import choose
from sentry_asgi_autoconf.settings.given_values import GivenValues
from sentry_asgi_autoconf.settings.keys import NOTHING, Table, did_you_mean, sorted_out
from sentry_asgi_autoconf.settings.options import SdkOptions
from sentry_asgi_autoconf.settings.own import OwnSettings
from sentry_asgi_autoconf.settings.policy.kinds import limits_numbers, limits_texts
from sentry_asgi_autoconf.settings.policy.terms import Policy
from sentry_asgi_autoconf.shown_values import printable

Place = Callable[[Sequence[str]], str]


def _number(value: Any) -> Union[int, float]:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError("it is no number")
    return value


Number = Annotated[Union[int, float], PlainValidator(_number)]

_REMEDY = "Correct the policy; until then nothing leaves this process."


class LimitRules(BaseModel):
    """What `[limits.<option>]` holds: a ceiling, a floor, or texts that are allowed, as globs."""

    model_config = ConfigDict(extra="forbid")

    max: Optional[Number] = None
    min: Optional[Number] = None
    allow: Optional[Annotated[List[StrictStr], Field(min_length=1)]] = None


def read(name: str, tables: Any, place: Place) -> Policy:
    """Give the policy of this name; `place` tells where a key of its tables stands."""
    errors: List[AutoconfError] = []
    if not isinstance(tables, Mapping):
        return Policy([name], NOTHING, NOTHING, {}, [_error(name, "it is no mapping of tables")], [])
    for key in tables:
        if key not in ("defaults", "limits", "enforced"):
            errors.append(
                _error(place([str(key)]), f"[{key}] is no table of a policy: defaults, limits, enforced are")
            )
    defaults = _table("defaults", POLICY_DEFAULT, tables, place, errors)
    enforced = _table("enforced", ENFORCED, tables, place, errors)
    return Policy([name], defaults, enforced, _limits(tables.get("limits", {}), place, errors), errors, [])


def _table(
    name: str, layer: str, tables: Mapping[str, Any], place: Place, errors: List[AutoconfError]
) -> Table:
    values = tables.get(name, {})
    if not isinstance(values, Mapping) or any(not isinstance(key, str) for key in values):
        errors.append(_error(place([name]), f"[{name}] is no table of settings"))
        return NOTHING
    found: List[AutoconfError] = []
    table = sorted_out(values, lambda key: Origin(f"[{name}] {key}", place([name, key]), layer=layer), found)
    for model, given in ((SdkOptions, table.options), (OwnSettings, table.own)):
        found += choose(model, [GivenValues(model, given)]).problems
    for key, candidate in table.further.items():
        if key not in _sdk_options():
            found.append(AutoconfError(f"{candidate.origin} is no setting", remedy=did_you_mean(key)))
    # What a problem would replace the value by does not matter here: no part of the policy is taken on trust.
    errors += [InvalidPolicyError(problem.what, remedy=f"{_advice(problem)}{_REMEDY}") for problem in found]
    return table


def _advice(problem: AutoconfError) -> str:
    return "" if "until then" in problem.remedy else f"{problem.remedy} "


def _limits(values: Any, place: Place, errors: List[AutoconfError]) -> Dict[str, Limit]:
    if not isinstance(values, Mapping):
        errors.append(_error(place(["limits"]), "[limits] is no table"))
        return {}
    limits = {}
    for option, rules in values.items():
        where = place(["limits", str(option)])
        try:
            limits[option] = _limit(option, rules, where)
        except ValueError as error:
            errors.append(_error(where, f"[limits] {printable(str(option))} {error}"))
    return limits


def _limit(option: str, rules: Any, where: str) -> Limit:
    """Check one option's limit. Raises ValueError."""
    if option not in SdkOptions.model_fields:
        raise ValueError(f"is no option that can be limited. {did_you_mean(str(option))}")
    try:
        checked = LimitRules.model_validate(rules)
    except ValidationError as error:
        raise ValueError(_reason(error)) from error
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
    allow = None if checked.allow is None else tuple(checked.allow)
    return Limit(checked.max, checked.min, allow, (Origin(f"[limits] {option}", where, layer="limits"),))


def _reason(error: ValidationError) -> str:
    first: Dict[str, Any] = dict(error.errors(include_url=False)[0])
    steps: Tuple[Any, ...] = first["loc"][:1]
    cause = first.get("ctx", {}).get("error")
    message = str(cause) if cause else f"{first['msg'][:1].lower()}{first['msg'][1:]}"
    return f"has a wrong value at {printable(str(steps[0]))}: {message}" if steps else f"is wrong: {message}"


def _error(where: str, what: str) -> InvalidPolicyError:
    return InvalidPolicyError(f"{printable(where, 200)}: {what}", remedy=_REMEDY)


def _sdk_options() -> Mapping[str, Any]:
    from sentry_sdk.consts import DEFAULT_OPTIONS

    return DEFAULT_OPTIONS
