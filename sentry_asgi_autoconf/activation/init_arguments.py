"""What the settings make of the arguments of `sentry_sdk.init`; imported where there is a destination."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, NamedTuple

from sentry_asgi_autoconf.activation import in_effect, layers
from sentry_asgi_autoconf.activation.app_init import unheld
from sentry_asgi_autoconf.activation.sdk_environment import SdkEnvironment
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import (
    AutoconfError,
    InvalidPolicyError,
    NotPermittedError,
    UnsupportedOptionError,
)
from sentry_asgi_autoconf.policy.enforcement import Enforcement, nothing_leaves
from sentry_asgi_autoconf.sdk import init_options as init_options
from sentry_asgi_autoconf.sdk.arguments import Arguments
from sentry_asgi_autoconf.sdk.leaving import OnLeaving
from sentry_asgi_autoconf.serving import current_request, request_names
from sentry_asgi_autoconf.settings import destinations

if TYPE_CHECKING:
    from sentry_asgi_autoconf.activation.layers import Loaded
    from sentry_asgi_autoconf.provenance import Origin
    from sentry_asgi_autoconf.sdk.arguments import Merged


class Resolved(NamedTuple):
    """The settings that apply: a value counts if the installed SDK can take it, an import string if it leads somewhere.

    `loaded` has the values as they are written, `options` and `enforcement` have what they lead to.
    """

    loaded: Loaded
    options: dict[str, Any]
    enforcement: Enforcement
    problems: list[AutoconfError]


def of(loaded: Loaded) -> tuple[Arguments, list[AutoconfError]]:
    """Give what every client of this process is made from, and a problem for all that was left out of it."""
    resolved = resolve(loaded)
    return made_of(resolved), resolved.problems


def made_of(resolved: Resolved) -> Arguments:
    """Give what every client of this process is made from."""
    loaded, enforcement = resolved.loaded, resolved.enforcement
    rates = loaded.own.traces_sample_rates
    if not loaded.is_enforced("asgi_traces_sample_rates"):
        rates = enforcement.rates_by_path(rates)
    return Arguments(
        resolved.options,
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


def resolve(loaded: Loaded, *, follow: bool = True) -> Resolved:
    """Give the settings with what their import strings lead to, and a problem for each that leads nowhere.

    They are imported here if `follow`, and taken to lead somewhere if not.
    """
    given = loaded.enforcement
    ruled = {**given.values, **given.hooks}
    found, doubts = init_options.build(ruled, given.origins, defers=_defers(loaded), follow=follow)
    loaded, options, problems = _usable(loaded, follow)
    # An option that this SDK does not have cannot be set by an app either.
    grave = [doubt for doubt in doubts if not isinstance(doubt, UnsupportedOptionError)]
    if grave:
        nothing = nothing_leaves()
        loaded = in_effect.settled(loaded._replace(enforcement=nothing))
        return Resolved(loaded, {}, nothing, [*problems, *map(_of_policy, grave)])
    enforcement = given._replace(
        values={name: found.get(name, value) for name, value in given.values.items()},
        hooks={name: found.get(name, hook) for name, hook in given.hooks.items()},
    )
    options.update({name: found[name] for name in given.values if name in found})
    return Resolved(in_effect.settled(loaded), options, enforcement, [*problems, *doubts])


def _usable(loaded: Loaded, follow: bool) -> tuple[Loaded, dict[str, Any], list[AutoconfError]]:
    """Give the settings below what is enforced, each of the highest layer whose value the SDK can take."""
    # Said even where it is off: the SDK would read a SENTRY_SPOTLIGHT that was refused.
    options: dict[str, Any] = {"spotlight": False}
    problems: list[AutoconfError] = []
    defers = _defers(loaded)
    for name in [name for name in loaded.options if name not in loaded.enforcement.values]:
        while name in loaded.options:
            given = (name, loaded.options[name], loaded.sources[name])
            try:
                options[name] = init_options.argument(*given, problems, defers=defers, follow=follow)
                break
            except AutoconfError as error:
                loaded, further = layers.without(loaded, name)
                problems += [_with_what_applies(error, loaded.sources.get(name)), *further]
    return loaded, options, problems


def _with_what_applies(error: AutoconfError, instead: Origin | None) -> AutoconfError:
    if instead is None:
        return error
    remedy = f"{error.remedy} Until then {printable(str(instead), 200)} applies."
    return type(error)(error.what, remedy=remedy)


def _of_policy(doubt: AutoconfError) -> AutoconfError:
    return InvalidPolicyError(doubt.what, remedy=f"{doubt.remedy} Until then nothing leaves this process.")


def _defers(loaded: Loaded) -> bool:
    return bool(loaded.own.integrations == "deferred")
