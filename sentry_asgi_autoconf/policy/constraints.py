"""Hold init's arguments to a policy: enforced values and limits."""

from __future__ import annotations

from typing import Any, Mapping

from sentry_sdk.consts import DEFAULT_OPTIONS

from sentry_asgi_autoconf.policy import ways_out
from sentry_asgi_autoconf.policy.enforcement import Enforcement, Refusal

# Unset, it means that there is no limit at all.
_UNLIMITED = "max_value_length"
# What the SDK takes where its table of defaults says None.
_USUAL = {"environment": "production"}
# What the SDK finds in the environment or on the machine if nothing is said.
_FOUND_OUT = ("dsn", "release", "server_name")


def held(
    wanted: Mapping[str, Any], otherwise: Mapping[str, Any], enforcement: Enforcement
) -> tuple[dict[str, Any], list[Refusal]]:
    """Give the arguments as the policy allows them; one that is not permitted gives way to that of `otherwise`."""
    arguments = dict(wanted)
    refusals = _without_experiments(arguments, enforcement)
    traces_all = arguments.get("enable_tracing") is True
    for name in list(arguments):
        if arguments[name] is not None and not enforcement.permits(name, arguments[name]):
            refusals.append(_replace(arguments, name, otherwise.get(name), enforcement))
    if traces_all and arguments.get("traces_sample_rate") is None:
        arguments["traces_sample_rate"] = 1.0  # as the SDK would read it, past the limit
    for name in enforcement.limits:
        if name in DEFAULT_OPTIONS and name not in enforcement.values:
            refusals += _limit(arguments, name, otherwise.get(name), enforcement)
    refusals += [*_enforce(arguments, enforcement), *ways_out.hold(arguments, otherwise, enforcement)]
    return arguments, refusals


def _replace(arguments: dict[str, Any], name: str, instead: Any, enforcement: Enforcement) -> Refusal:
    wanted = arguments.pop(name)
    if instead is not None and enforcement.permits(name, instead):
        arguments[name] = instead
    return Refusal(name, wanted, arguments.get(name), str(enforcement.said_by(name)))


def _limit(arguments: dict[str, Any], name: str, instead: Any, enforcement: Enforcement) -> list[Refusal]:
    """Bring the argument, or the SDK's default in its absence, within its limit."""
    limit = enforcement.limits[name]
    given = arguments.get(name)
    usual = _USUAL.get(name, DEFAULT_OPTIONS.get(name))
    if limit.allowed:
        if given is None and (usual is not None or name in _FOUND_OUT):
            fallback = "" if usual is None else limit.first_text()
            # Said in any case, or the SDK would look for it itself.
            arguments[name] = next((text for text in (instead, usual) if limit.permits(text)), fallback)
        return []
    value = usual if given is None else given
    if value is None:
        value = limit.maximum if name == _UNLIMITED and limit.maximum is not None else limit.minimum
    kept = limit.clamped(value)
    if kept is not None and kept != given:
        arguments[name] = kept
    return [Refusal(name, given, kept, str(limit))] if given not in (None, kept) else []


def _enforce(arguments: dict[str, Any], enforcement: Enforcement) -> list[Refusal]:
    refusals = [
        Refusal(name, arguments[name], value, str(enforcement.said_by(name)))
        for name, value in enforcement.values.items()
        if arguments.get(name) is not None and not same(arguments[name], value)
    ]
    enforced = copied(enforcement.values)
    arguments.update({name: value for name, value in enforced.items() if name in DEFAULT_OPTIONS})
    return refusals


def _without_experiments(arguments: dict[str, Any], enforcement: Enforcement) -> list[Refusal]:
    """Take from `_experiments` what a policy decides: the SDK reads several options there too."""
    experiments = arguments.get("_experiments")
    if not isinstance(experiments, Mapping):
        return []
    missing = [name for name in enforcement.hooks if name not in DEFAULT_OPTIONS]
    # In a release that has no such option yet, what the hook is for may be an experiment.
    ruled = dict.fromkeys(experiments, missing[0]) if missing else {}
    ruled.update({key: key for key in enforcement.names().intersection(experiments)})
    if ruled:
        arguments["_experiments"] = {key: value for key, value in experiments.items() if key not in ruled}
    return [
        Refusal(f"_experiments.{key}", experiments[key], None, str(enforcement.said_by(name)))
        for key, name in sorted(ruled.items())
    ]


def copied(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Give init's arguments so that nobody who is handed their lists and mappings changes ours."""
    return {name: _copied(value) for name, value in arguments.items()}


def _copied(value: Any) -> Any:
    if type(value) is dict:
        return {key: _copied(part) for key, part in value.items()}
    return type(value)(map(_copied, value)) if type(value) in (list, set) else value


def same(one: Any, other: Any) -> bool:
    """Whether two arguments are alike; objects of the app's are not compared by rules of their own."""
    return one is other or (
        type(one) is type(other) and isinstance(one, (str, bytes, int, float)) and one == other
    )
