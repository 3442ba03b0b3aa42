"""The init stage: settings from all layers, one `sentry_sdk.init`, and a decision that says why (not)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Callable, NamedTuple, Sequence

from sentry_asgi_autoconf import client_calls, console, destinations, entry_points, subinterpreter
from sentry_asgi_autoconf.exceptions import AutoconfError, ConfiguratorError, SdkError

if TYPE_CHECKING:
    from sentry_asgi_autoconf.sdk.arguments import Arguments, Merged
    from sentry_asgi_autoconf.sdk.guard import Report
    from sentry_asgi_autoconf.settings.loading import Loaded

# sysexits.h: EX_CONFIG.
CONFIGURATION_ERROR = 78
_GUARDED = ("guarded", "all")
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


def report_misspelt_destination(decision: Decision) -> None:
    """Say which variable is nearly called SENTRY_DSN, if there is no destination.

    Raises SystemExit with status 78 in strict mode, if there is one.
    """
    if decision.reason == destinations.NOWHERE:
        from sentry_asgi_autoconf.settings import destination

        _report(destination.misspelt(os.environ), strict=_is_strict())


def _is_strict() -> bool:
    """Whether the environment says so, where no settings are read."""
    from sentry_asgi_autoconf.settings.booleans import parse_boolean

    return parse_boolean(os.environ.get("SENTRY_ASGI_STRICT", "")) is True


def initialise(loaded: Loaded, guarded: Callable[..., Any], app_said: Report) -> tuple[Decision, Loaded]:
    """Initialise the SDK with what the settings say, and guard it; `guarded(function, otherwise)` runs fail-open.

    `app_said` is told what an app's own init changes from then on. With the decision come the settings that apply.

    Raises SystemExit with status 78 in strict mode, if a setting is refused.
    """
    from sentry_asgi_autoconf import init_arguments
    from sentry_asgi_autoconf.sdk import deferred, guard
    from sentry_asgi_autoconf.wrapping import made_before

    deferred.tell_when_set_up(_notice_requests)
    resolved = init_arguments.resolve(loaded)
    loaded, arguments = resolved.loaded, init_arguments.made_of(resolved)
    _report([*loaded.problems, *resolved.problems], strict=loaded.own.strict)
    for warning in loaded.warnings:
        console.say("warning", warning)
    made = made_before.Made(_integrations())
    decision = _initialised(arguments, loaded, app_said)
    guarded(lambda: made.make_again(_integrations()), None)
    # Without a destination, too: the app's own init may be what names one.
    guard.stand(guard.Guard(arguments, lambda merge: guarded(merge, None), app_said))
    return decision, loaded


def guard_clients(guarded: Callable[..., Any], app_said: Report) -> None:
    """Guard what clients are made of in a process that is not initialised, if the settings say so."""
    from sentry_asgi_autoconf.settings import config_place
    from sentry_asgi_autoconf.settings.policy import places

    processes = os.environ.get("SENTRY_ASGI_PROCESSES", "").strip().lower()
    if not (processes in _GUARDED or places.exist(os.environ) or config_place.exists(os.environ, None)):
        return
    loaded = load(None)
    if isinstance(loaded, Decision):
        return
    # A policy that is not known may have said so.
    if loaded.own.processes in _GUARDED or loaded.enforcement.lets_nothing_leave:
        from sentry_asgi_autoconf import init_arguments
        from sentry_asgi_autoconf.sdk import guard

        arguments, problems = init_arguments.of(loaded)
        _report([*loaded.problems, *problems], strict=False)
        guard.stand(guard.Guard(arguments, lambda merge: guarded(merge, None), app_said))


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
    import sentry_sdk

    from sentry_asgi_autoconf.sdk import earlier_init

    client = sentry_sdk.get_client()
    call = client_calls.last_of_app(client)
    # Of a client that was made before calls are kept, the options must tell.
    said = call.given() if call else {} if client_calls.are_kept(client) else earlier_init.arguments(client)
    if said is None or not (said or call):
        return arguments.of_settings()
    merged = arguments.of_app(said)
    if call is None or not call.is_told:
        app_said(str(call or "an earlier place"), merged)
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
    if isinstance(loaded, Decision):
        if _is_strict():
            report_misspelt_destination(loaded)
    elif loaded.own.strict:
        from sentry_asgi_autoconf import init_arguments

        _, problems = init_arguments.of(loaded)
        _report([*loaded.problems, *problems], strict=True)


def _report(problems: Sequence[AutoconfError], *, strict: bool) -> None:
    for problem in problems:
        console.say("error" if strict else "warning", problem)
    if strict and problems:
        raise SystemExit(CONFIGURATION_ERROR)
