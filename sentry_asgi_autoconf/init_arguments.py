"""What the settings make of the arguments of `sentry_sdk.init`; imported where there is a destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator

from sentry_asgi_autoconf import destinations
from sentry_asgi_autoconf.app_init import unheld
from sentry_asgi_autoconf.enforcement import Enforcement, nothing_leaves
from sentry_asgi_autoconf.exceptions import (
    AutoconfError,
    InvalidPolicyError,
    NotPermittedError,
    UnsupportedOptionError,
)
from sentry_asgi_autoconf.sdk import options as init_options
from sentry_asgi_autoconf.sdk.arguments import Arguments
from sentry_asgi_autoconf.sdk.leaving import OnLeaving
from sentry_asgi_autoconf.sdk_environment import SdkEnvironment
from sentry_asgi_autoconf.shown_values import printable
from sentry_asgi_autoconf.wrapping import current_request, request_names

if TYPE_CHECKING:
    from sentry_asgi_autoconf.sdk.arguments import Merged
    from sentry_asgi_autoconf.settings.loading import Loaded


def of(loaded: Loaded) -> tuple[Arguments, list[AutoconfError]]:
    """Give what every client of this process is made from, and a problem for all that was left out of it."""
    options, enforcement, problems = _built(loaded)
    rates = loaded.own.traces_sample_rates
    if not loaded.is_enforced("asgi_traces_sample_rates"):
        rates = enforcement.rates_by_path(rates)
    arguments = Arguments(
        options,
        enforcement,
        on_app_init=loaded.own.on_app_init,
        defers=_defers(loaded),
        excluded_paths=list(loaded.own.excluded_paths),
        traces_sample_rates=rates,
        current_scope=current_request.scope,
        look_up=SdkEnvironment(loaded).look_up,
        complete_event=request_names.complete,
        on_leaving=OnLeaving(loaded.own.attachments, loaded.own.user_fields),
    )
    return arguments, problems


def not_permitted(loaded: Loaded, merged: Merged) -> Iterator[AutoconfError]:
    """Yield a line for each destination that the settings name and the policy does not permit, or cannot hold."""
    is_sent = destinations.is_sent(merged.arguments)
    for name in filter(loaded.settings.__contains__, destinations.WAYS_OUT):
        setting = loaded.settings[name]
        instead = f"{setting.origin} applies" if setting.origin else "it is left out"
        until_then = "nothing is sent" if name == "dsn" and not is_sent else instead
        for candidate in setting.forbidden:
            yield _not_permitted(str(candidate.origin), setting.ruled_by, until_then)
    for refusal in merged.refusals:
        option = refusal.name.partition(".")[0]
        if option in destinations.WAYS_OUT:
            where = refusal.variable or str(loaded.sources.get(option, f"{refusal.name} of a configurator"))
            yield _not_permitted(where, refusal.said_by, "it is left out")
    if merged.unheld:
        yield unheld(str(loaded.sources.get("transport", "a configurator")), merged.unheld)


def _not_permitted(where: str, said_by: str, until_then: str) -> AutoconfError:
    what = f"{printable(where, 200)} is not permitted by {printable(said_by, 400)}"
    return NotPermittedError(what, remedy=f"Set one that the policy allows; until then {until_then}.")


def _built(loaded: Loaded) -> tuple[dict[str, Any], Enforcement, list[AutoconfError]]:
    """Give init's arguments and what is enforced of them, import strings imported, and what was left out."""
    enforced, hooks = loaded.enforcement.values, loaded.enforcement.hooks
    chosen = {name: value for name, value in loaded.options.items() if name not in enforced}
    defers = _defers(loaded)
    options, problems = init_options.build(chosen, loaded.sources, defers=defers)
    found, doubts = init_options.build({**enforced, **hooks}, loaded.enforcement.origins, defers=defers)
    # An option that this SDK does not have cannot be set by an app either.
    grave = [doubt for doubt in doubts if not isinstance(doubt, UnsupportedOptionError)]
    if grave:
        return {}, nothing_leaves(), [*problems, *map(_of_policy, grave)]
    enforcement = loaded.enforcement._replace(
        values={name: found.get(name, value) for name, value in enforced.items()},
        hooks={name: found.get(name, hook) for name, hook in hooks.items()},
    )
    values = {name: found[name] for name in enforced if name in found}
    return {**options, **values}, enforcement, [*problems, *doubts]


def _of_policy(doubt: AutoconfError) -> AutoconfError:
    return InvalidPolicyError(doubt.what, remedy=f"{doubt.remedy} Until then nothing leaves this process.")


def _defers(loaded: Loaded) -> bool:
    return loaded.own.integrations == "deferred"
