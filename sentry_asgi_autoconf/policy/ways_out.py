"""Hold every way out of a process to the rules for destinations.

The rule for the DSN is that of each way out that has no rule of its own.
"""

from __future__ import annotations

import copy
from typing import Any, Mapping
from urllib.request import proxy_bypass

from sentry_sdk import transport as sdk
from sentry_sdk.utils import Dsn

from sentry_asgi_autoconf import console
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import NotPermittedError
from sentry_asgi_autoconf.policy.enforcement import Enforcement, Refusal
from sentry_asgi_autoconf.policy.limits import Limit
from sentry_asgi_autoconf.settings import destinations

# Those of the SDK's transports that send to the DSN which they hold, by the names of several releases.
_HTTP = tuple(
    getattr(sdk, name)
    for name in ("HttpTransport", "BaseHttpTransport", "HttpTransportCore")
    if hasattr(sdk, name)
)


def hold(arguments: dict[str, Any], otherwise: Mapping[str, Any], enforcement: Enforcement) -> list[Refusal]:
    """Take from init's `arguments` what may not be sent to, and return what was taken."""
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
    if not callable(found) and not isinstance(found, sdk.Transport):
        return ""
    if enforcement.rule_of("dsn") is None or "transport" in enforcement.values:
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
        return [Refusal("spotlight", wanted, False, str(enforcement.said_by(undone)))]
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
    variable = name.upper() if given is None else ""
    return [Refusal(name, wanted, "", str(rule), variable)]


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
            remedy = "Let it send to the DSN that it is given; until then the SDK's own transport sends."
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
    for position, integration in enumerate(held):
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
