"""Apply a policy to init's arguments: enforced values, limits, and the rules for destinations."""

from __future__ import annotations

import copy
from typing import Any, Mapping
from urllib.request import proxy_bypass

from sentry_sdk import transport as sdk
from sentry_sdk.consts import DEFAULT_OPTIONS
from sentry_sdk.utils import Dsn

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import NotPermittedError
from sentry_asgi_autoconf.policy.enforcement import Enforcement, Refusal, copied, same
from sentry_asgi_autoconf.policy.limits import Limit
from sentry_asgi_autoconf.settings import destinations

# Unset, it means that there is no limit at all.
_UNLIMITED = "max_value_length"
# What the SDK takes where its table of defaults says None.
_USUAL = {"environment": "production"}
# What the SDK finds in the environment or on the machine if nothing is said.
_FOUND_OUT = ("dsn", "release", "server_name")
# Those of the SDK's transports that send to the DSN which they hold, by the names of several releases.
_HTTP_NAMES = ("HttpTransport", "BaseHttpTransport", "HttpTransportCore")
_HTTP = tuple(getattr(sdk, name) for name in _HTTP_NAMES if hasattr(sdk, name))


def apply(
    wanted: Mapping[str, Any], otherwise: Mapping[str, Any], enforcement: Enforcement
) -> tuple[dict[str, Any], list[Refusal]]:
    """Return the arguments as the policy allows them; one that is not permitted gives way to that of `otherwise`."""
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
    refusals += [*_enforce(arguments, enforcement), *_hold_ways_out(arguments, otherwise, enforcement)]
    return arguments, refusals


def _replace(arguments: dict[str, Any], name: str, instead: Any, enforcement: Enforcement) -> Refusal:
    wanted = arguments.pop(name)
    if instead is not None and enforcement.permits(name, instead):
        arguments[name] = instead
    return Refusal(name, wanted, arguments.get(name), str(enforcement.source_of(name)))


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
        Refusal(name, arguments[name], value, str(enforcement.source_of(name)))
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
        Refusal(f"_experiments.{key}", experiments[key], None, str(enforcement.source_of(name)))
        for key, name in sorted(ruled.items())
    ]


def _hold_ways_out(
    arguments: dict[str, Any], otherwise: Mapping[str, Any], enforcement: Enforcement
) -> list[Refusal]:
    refusals = _hold_spotlight(arguments, otherwise, enforcement)
    for name in destinations.PROXIES:
        refusals += _hold_proxy(arguments, name, enforcement)
    rule = enforcement.rule_of("dsn")
    if rule is not None:
        refusals += [*_hold_transport(arguments, rule, enforcement), *_hold_collectors(arguments, rule)]
    return refusals


def unheld(arguments: Mapping[str, Any], enforcement: Enforcement) -> str:
    """Name a transport that may send anywhere, past the rule for the DSN; none that the policy itself sets."""
    found = arguments.get("transport")
    kind = found if isinstance(found, type) else type(found)
    is_transport = callable(found) or isinstance(found, sdk.Transport)
    if not is_transport or enforcement.rule_of("dsn") is None or "transport" in enforcement.values:
        return ""
    return "" if issubclass(kind, _HTTP) else _name(found)


def _hold_spotlight(
    arguments: dict[str, Any], otherwise: Mapping[str, Any], enforcement: Enforcement
) -> list[Refusal]:
    rule, wanted = enforcement.rule_of("spotlight"), arguments.get("spotlight")
    if rule is None and "spotlight" not in enforcement.values and not wanted:
        return []
    undone = enforcement.undone_by_spotlight()
    if wanted and undone and not arguments.get("dsn"):
        # For it alone the SDK sets rates and personal data as it likes.
        arguments["spotlight"] = False
        return [Refusal("spotlight", wanted, False, str(enforcement.source_of(undone)))]
    if wanted is True and (rule or "spotlight" in enforcement.values):
        # Said in full, or the SDK would look for another URL in the environment.
        found = otherwise.get("spotlight")
        is_permitted = isinstance(found, str) and enforcement.permits("spotlight", found)
        arguments["spotlight"] = found if is_permitted else destinations.USUAL_SPOTLIGHT
    arguments.setdefault("spotlight", False)
    return []


def _hold_proxy(arguments: dict[str, Any], name: str, enforcement: Enforcement) -> list[Refusal]:
    """Leave out a proxy at a host where it may not be, the environment's too."""
    rule = enforcement.rule_beside(name, arguments)
    given = arguments.get(name)
    if rule is None or name in enforcement.values or given == "":
        return []
    wanted = destinations.proxy_of_environment(name) if given is None else given
    if wanted is not None and rule.permits(destinations.url(name, wanted)):
        return []
    arguments[name] = ""
    if wanted is None or (given is None and _is_bypassed(arguments)):
        return []
    return [Refusal(name, wanted, "", str(rule), name.upper() if given is None else "")]


def _is_bypassed(arguments: Mapping[str, Any]) -> bool:
    try:
        return bool(proxy_bypass(Dsn(arguments.get("dsn") or "").host))
    except ValueError:
        return True  # with no DSN nothing is sent through it


def _hold_transport(arguments: dict[str, Any], rule: Limit, enforcement: Enforcement) -> list[Refusal]:
    found = arguments.get("transport")
    if found is None or "transport" in enforcement.values:
        return []
    if isinstance(found, type) and issubclass(found, sdk.Transport):
        arguments["transport"] = _checked(found, rule)
    elif _leads_elsewhere(found, rule):
        del arguments["transport"]
        return [Refusal("transport", found, None, str(rule))]
    return []


def _leads_elsewhere(transport: Any, rule: Limit) -> bool:
    dsn = getattr(transport, "parsed_dsn", None)
    return isinstance(dsn, Dsn) and not rule.permits(dsn.host)


def _checked(kind: Any, rule: Limit) -> Any:
    """Return what makes a transport of this kind, and another if that turns out to have a DSN of its own."""

    class Checked(sdk.Transport):
        def __new__(cls, options: dict[str, Any]) -> Any:
            made = kind(options)
            if not _leads_elsewhere(made, rule):
                return made
            made.kill()
            what = f"the DSN of the transport {_name(kind)} is not permitted by {printable(str(rule), 400)}"
            remedy = "Make it send to the DSN that it is given; until then the SDK's own transport sends."
            console.say("warning", NotPermittedError(what, remedy=remedy))
            return sdk.HttpTransport(options)

        def capture_envelope(self, envelope: Any) -> None:
            """Never called: no instance is made."""

    return Checked


def _hold_collectors(arguments: dict[str, Any], rule: Limit) -> list[Refusal]:
    """Have integrations send to the DSN that would send to a collector of their own, as OpenTelemetry's exporter."""
    given = arguments.get("integrations")
    if not isinstance(given, (list, tuple)):
        return []
    refusals, held = [], list(given)
    for position, integration in enumerate(given):
        url = getattr(integration, "collector_url", None)
        if isinstance(url, str) and url and not rule.permits(url):
            held[position] = copy.copy(integration)
            held[position].collector_url = None
            refusals.append(Refusal(f"integrations.{integration.identifier}", url, None, str(rule)))
    if refusals:
        arguments["integrations"] = held
    return refusals


def _name(found: Any) -> str:
    named = found if hasattr(found, "__qualname__") else type(found)
    return printable(f"{named.__module__}:{named.__qualname__}")
