"""Keep the asyncio integration out of the SDK's own set-up, which is at init, once, and needs a loop that runs.

The client has it all the same; where an app is called, it is set up in the loop that runs then.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping

from sentry_asgi_autoconf.serving_loops import INTEGRATION, is_sdks, serving_loops

_taking_over: list[bool] = []


def take_over() -> None:
    """Do so from now on, as this process is about to serve."""
    _taking_over[:] = [True]


def withdraw() -> None:
    """Leave it to the SDK."""
    _taking_over.clear()


def make_client(make: Callable[[Mapping[str, Any]], Any], given: Mapping[str, Any]) -> Any:
    """Return the client that `make` makes of init's arguments. Raises what `make` raises."""
    integration = _integration_of(given) if _taking_over else None
    if integration is None:
        return make(given)
    others = [each for each in given["integrations"] if not is_sdks(each)]
    client = make({**given, "integrations": others})
    client.options["integrations"] = given["integrations"]
    client.integrations = {**client.integrations, INTEGRATION: integration}
    serving_loops.client_has(integration)
    return client


def _integration_of(given: Mapping[str, Any]) -> Any:
    integrations = given.get("integrations")
    disabled = given.get("disabled_integrations") or ()
    if not isinstance(integrations, (list, tuple)) or any(_is_named(each) for each in disabled):
        return None
    return next((each for each in reversed(integrations) if is_sdks(each)), None)


def _is_named(disabled: Any) -> bool:
    return getattr(disabled, "identifier", None) == INTEGRATION
