"""The init stage: settings from all layers, one `sentry_sdk.init`, and a decision that says why (not)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Sequence

from sentry_asgi_autoconf import app_init, console
from sentry_asgi_autoconf.enforcement import Enforcement, nothing_leaves
from sentry_asgi_autoconf.exceptions import AutoconfError, ConfiguratorError, SdkError, UnsupportedOptionError
from sentry_asgi_autoconf.origin import ENFORCED, Origin

if TYPE_CHECKING:
    from sentry_asgi_autoconf.sdk.arguments import Arguments
    from sentry_asgi_autoconf.settings.loading import Loaded

# sysexits.h: EX_CONFIG.
CONFIGURATION_ERROR = 78
_NOWHERE = "neither SENTRY_DSN nor SENTRY_SPOTLIGHT is set"


class Decision(NamedTuple):
    """What the init stage decided for this process, and why."""

    active: bool
    reason: str


def load(app: str | None) -> Loaded | Decision:
    """Read the settings for the app of this import string, or say why they do not matter.

    Nothing is imported where they name no destination, and nothing but the environment could.
    """
    from sentry_asgi_autoconf.settings import config_place, destination
    from sentry_asgi_autoconf.settings.policy import places

    if not (
        destination.has_destination(os.environ)
        or places.exist(os.environ)
        or config_place.exists(os.environ, app)
    ):
        return Decision(False, _NOWHERE)
    from sentry_asgi_autoconf.settings import loading

    loaded = loading.load(os.environ, app)
    return loaded if loaded.own.enabled else Decision(False, "SENTRY_ASGI_ENABLED is false")


def initialise(loaded: Loaded, guarded: Callable[..., Any]) -> Decision:
    """Initialise the SDK with what the settings say, and guard it; `guarded(function, otherwise)` runs fail-open.

    Raises SystemExit with status 78 in strict mode, if a setting is refused.
    """
    from sentry_asgi_autoconf.sdk import guard

    options, enforcement, problems = _built(loaded)
    _report([*loaded.problems, *problems], strict=loaded.own.strict)
    for warning in loaded.warnings:
        console.say("warning", warning)
    arguments = _arguments(loaded, options, enforcement)
    decision = _initialised(arguments, loaded)
    if decision.active or arguments.must_hold:
        guard.stand(guard.Guard(arguments, lambda merge: guarded(merge, None), app_init.tell))
    return decision


def _initialised(arguments: Arguments, loaded: Loaded) -> Decision:
    from sentry_asgi_autoconf.sdk import guard
    from sentry_asgi_autoconf.sdk import initialise as sdk

    try:
        earlier = guard.said_before()
        final = arguments.of_app(earlier).arguments if earlier else arguments.own()
        if not final.get("dsn") and not final.get("spotlight"):
            return Decision(False, _why_nowhere(loaded))
        sdk.init(final)
    except (ConfiguratorError, SdkError) as error:
        _report([error], strict=loaded.own.strict)
        failed = "a configurator" if isinstance(error, ConfiguratorError) else "sentry_sdk.init"
        return Decision(False, f"{failed} failed")
    return Decision(True, "sentry_sdk is initialised")


def _why_nowhere(loaded: Loaded) -> str:
    if loaded.policy_is_unknown:
        return "the policy is not known, so nothing may leave this process"
    if "dsn" in loaded.settings:
        return "a policy permits no DSN that is set"
    return "no valid SENTRY_DSN" if loaded.problems else _NOWHERE


def _built(loaded: Loaded) -> tuple[dict[str, Any], Enforcement, list[AutoconfError]]:
    """Give init's arguments and what is enforced of them, import strings imported, and what was left out."""
    from sentry_asgi_autoconf.sdk import options as init_options

    enforced, hooks = loaded.enforcement.values, loaded.enforcement.hooks
    chosen = {name: value for name, value in loaded.options.items() if name not in enforced}
    options, problems = init_options.build(chosen, loaded.sources)
    found, doubts = init_options.build({**enforced, **hooks}, loaded.enforcement.origins)
    # An option that this SDK does not have cannot be set by an app either.
    if any(not isinstance(doubt, UnsupportedOptionError) for doubt in doubts):
        return (
            {},
            nothing_leaves(Origin("the policy", ", ".join(loaded.policies), layer=ENFORCED)),
            [*problems, *doubts],
        )
    values = {name: found[name] for name in enforced if name in found}
    enforcement = loaded.enforcement._replace(
        values=values, hooks={name: found[name] for name in hooks if name in found}
    )
    return {**options, **values}, enforcement, [*problems, *doubts]


def _arguments(loaded: Loaded, options: dict[str, Any], enforcement: Enforcement) -> Arguments:
    from sentry_asgi_autoconf.sdk.arguments import Arguments
    from sentry_asgi_autoconf.wrapping import current_request

    return Arguments(
        options,
        enforcement,
        on_app_init=loaded.own.on_app_init,
        excluded_paths=loaded.own.excluded_paths,
        traces_sample_rates=loaded.own.traces_sample_rates,
        current_scope=current_request.recall,
    )


def withdraw() -> None:
    """Undo the initialisation."""
    from sentry_asgi_autoconf.sdk import initialise as sdk

    sdk.withdraw()


def refuse_bad_settings(app: str | None) -> None:
    """Exit with status 78 if the settings are strict and one of them is refused. Initialises nothing."""
    loaded = load(app)
    if not isinstance(loaded, Decision) and loaded.own.strict:
        _, _, problems = _built(loaded)
        _report([*loaded.problems, *problems], strict=True)


def _report(problems: Sequence[AutoconfError], *, strict: bool) -> None:
    for problem in problems:
        console.say("error" if strict else "warning", problem)
    if strict and problems:
        raise SystemExit(CONFIGURATION_ERROR)
