"""The init stage: settings from all layers, one `sentry_sdk.init`, and a decision that says why (not)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Sequence

from sentry_asgi_autoconf import console, destinations, entry_points, subinterpreter
from sentry_asgi_autoconf.exceptions import AutoconfError, ConfiguratorError, SdkError

if TYPE_CHECKING:
    from sentry_asgi_autoconf.sdk.arguments import Arguments, Merged
    from sentry_asgi_autoconf.sdk.guard import Report
    from sentry_asgi_autoconf.settings.loading import Loaded

# sysexits.h: EX_CONFIG.
CONFIGURATION_ERROR = 78
_SUBINTERPRETER = "this is a subinterpreter, in which the SDK cannot send"


class Decision(NamedTuple):
    """What the init stage decided for this process, and why."""

    active: bool
    reason: str


class Failure(Decision):
    """The decision that something which should have worked did not."""

    __slots__ = ()


def may_have_destination(app: str | None) -> bool:
    """Whether the environment names a destination, or there is a layer beside it that may."""
    from sentry_asgi_autoconf.settings import config_place, destination
    from sentry_asgi_autoconf.settings.policy import places

    return (
        destination.has_destination(os.environ)
        or places.exist(os.environ)
        or bool(entry_points.in_group(entry_points.CONFIGURATORS))
        or config_place.exists(os.environ, app)
    )


def load(app: str | None) -> Loaded | Decision:
    """Read the settings for the app of this import string, or say why they do not matter.

    Nothing is imported where they name no destination, and nothing but the environment could.
    """
    if not may_have_destination(app):
        return Decision(False, destinations.NOWHERE)
    if subinterpreter.is_this():
        return Decision(False, _SUBINTERPRETER)
    from sentry_asgi_autoconf.settings import loading

    loaded = loading.load(os.environ, app)
    return loaded if loaded.own.enabled else Decision(False, "SENTRY_ASGI_ENABLED is false")


def initialise(loaded: Loaded, guarded: Callable[..., Any], app_said: Report) -> Decision:
    """Initialise the SDK with what the settings say, and guard it; `guarded(function, otherwise)` runs fail-open.

    `app_said` is told what an app's own init changes from then on.

    Raises SystemExit with status 78 in strict mode, if a setting is refused.
    """
    from sentry_asgi_autoconf import init_arguments
    from sentry_asgi_autoconf.sdk import deferred, guard
    from sentry_asgi_autoconf.wrapping import made_before

    deferred.tell_when_set_up(_notice_requests)
    arguments, problems = init_arguments.of(loaded)
    _report([*loaded.problems, *problems], strict=loaded.own.strict)
    for warning in loaded.warnings:
        console.say("warning", warning)
    made = made_before.Made(_integrations())
    decision = _initialised(arguments, loaded, app_said)
    guarded(lambda: made.make_again(_integrations()), None)
    # Without a destination, too: the app's own init may be what names one.
    guard.stand(guard.Guard(arguments, lambda merge: guarded(merge, None), app_said))
    return decision


def _notice_requests() -> None:
    # Not before the SDK's modules have been kept from importing libraries that they only look for.
    from sentry_asgi_autoconf.wrapping import noticing

    noticing.install()


def _integrations() -> Sequence[str]:
    """Name those of the client at hand."""
    import sentry_sdk

    client = sentry_sdk.get_client()
    return list(client.integrations) if client.is_active() else []


def _initialised(arguments: Arguments, loaded: Loaded, app_said: Report) -> Decision:
    from sentry_asgi_autoconf import init_arguments
    from sentry_asgi_autoconf.sdk import initialise as sdk

    try:
        final = _final(arguments, app_said)
        for warning in init_arguments.not_permitted(loaded, final):
            console.say("warning", warning)
        if destinations.is_sent(final.arguments):
            sdk.init(final.arguments, defers=arguments.defers)
            return Decision(True, "sentry_sdk is initialised")
        decision = Decision(False, _why_nowhere(arguments, loaded))
    except (ConfiguratorError, SdkError) as error:
        _report([error], strict=loaded.own.strict)
        failed = "a configurator" if isinstance(error, ConfiguratorError) else "sentry_sdk.init"
        decision = Failure(False, f"{failed} failed")
    if arguments.must_hold:
        sdk.send_nothing_more()
    return decision


def _final(arguments: Arguments, app_said: Report) -> Merged:
    """Give init's arguments, with what the app said in an init of its own that ran already."""
    from sentry_asgi_autoconf.sdk import earlier_init, guard

    said = guard.said()
    earlier = earlier_init.arguments() if said is None else said
    if not earlier:
        return arguments.of_settings()
    merged = arguments.of_app(earlier)
    if said is None:
        app_said("an earlier place", merged)
    return merged._replace(refusals=[], unheld="")


def _why_nowhere(arguments: Arguments, loaded: Loaded) -> str:
    if arguments.enforcement.lets_nothing_leave:
        return "the policy is not known, so nothing may leave this process"
    if "dsn" in loaded.settings:
        return "a policy permits no DSN that is set"
    return "no valid SENTRY_DSN" if loaded.problems else destinations.NOWHERE


def hold(guarded: Callable[..., Any]) -> None:
    """Let nothing leave the process, if there is a policy that could not be applied."""
    from sentry_asgi_autoconf import unapplied_policy

    unapplied_policy.hold(guarded)


def withdraw() -> None:
    """Undo the initialisation."""
    from sentry_asgi_autoconf.sdk import initialise as sdk

    sdk.withdraw()


def refuse_bad_settings(app: str | None) -> None:
    """Exit with status 78 if the settings are strict and one of them is refused. Initialises nothing."""
    loaded = load(app)
    if not isinstance(loaded, Decision) and loaded.own.strict:
        from sentry_asgi_autoconf import init_arguments

        _, problems = init_arguments.of(loaded)
        _report([*loaded.problems, *problems], strict=True)


def _report(problems: Sequence[AutoconfError], *, strict: bool) -> None:
    for problem in problems:
        console.say("error" if strict else "warning", problem)
    if strict and problems:
        raise SystemExit(CONFIGURATION_ERROR)
