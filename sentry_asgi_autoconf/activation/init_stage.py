"""The init stage: settings from all layers, one `sentry_sdk.init`, and a decision that says why (not)."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any, Callable, ContextManager, Iterable, Mapping, Sequence

from sentry_asgi_autoconf import console, entry_points, exceptions
from sentry_asgi_autoconf.activation import decision
from sentry_asgi_autoconf.activation.decision import Decision, Found
from sentry_asgi_autoconf.exceptions import AutoconfError, ConfiguratorError, InvalidPolicyError, SdkError
from sentry_asgi_autoconf.policy import in_force
from sentry_asgi_autoconf.settings import destinations

if TYPE_CHECKING:
    from sentry_asgi_autoconf.activation.layers import Loaded
    from sentry_asgi_autoconf.sdk.arguments import Arguments
    from sentry_asgi_autoconf.sdk.clients import Guard, Report

# sysexits.h: EX_CONFIG.
CONFIGURATION_ERROR = 78
_GUARDED = ("guarded", "all")
# What was made with one that was imported before, its integration has not seen.
_FRAMEWORKS = ("django", "litestar", "quart", "starlette")


def load(app: str | None) -> Loaded | Decision:
    """Look for the settings for the app of this import string, and read them or say why they do not matter."""
    return _read(decision.find_settings(os.environ, app))


def _read(found: Found) -> Loaded | Decision:
    # Nothing is imported where they name no destination, and nothing but the environment could.
    if not found.may_name_destination():
        return decision.NO_DESTINATION
    if decision.is_subinterpreter():
        return decision.SUBINTERPRETER
    if entry_points.BROUGHT_ALONG:
        entry_points.complete_path()
    while entry_points.OTHER_RELEASES:
        _report([exceptions.of_other_release(*entry_points.OTHER_RELEASES.pop())], strict=False)
    from sentry_asgi_autoconf.activation import layers

    loaded = layers.read(found)
    return loaded if loaded.own.enabled else decision.DISABLED


def report_misspelt_destination(decided: Decision) -> None:
    """Say which variable is nearly called SENTRY_DSN, if there is no destination.

    Raises SystemExit with status 78 in strict mode, if there is one.
    """
    if decided == decision.NO_DESTINATION:
        _report(destinations.misspelt(os.environ), strict=_is_strict())


def _is_strict() -> bool:
    """Whether the environment says so, where no settings are read."""
    from sentry_asgi_autoconf.settings.values import parse_boolean

    return parse_boolean(os.environ.get("SENTRY_ASGI_STRICT", "")) is True


def initialise(
    loaded: Loaded,
    guarded: Callable[..., Any],
    report: Report,
    policy_changed: Callable[[Loaded, Decision], None],
) -> tuple[Decision, Loaded]:
    """Initialise the SDK with what the settings say, and guard it; `guarded(function, otherwise)` runs fail-open.

    `report` is called with what an app's own init changes from then on, `policy_changed` with what holds after a policy
    has changed. With the decision come the settings that apply.

    Raises SystemExit with status 78 in strict mode, if a setting is refused.
    """
    try:
        from sentry_asgi_autoconf.sdk import clients
    except ImportError as error:
        console.say("error", exceptions.of_stage(error))
        return decision.INCOMPATIBLE, loaded
    loaded, arguments = _resolve(loaded, strict=loaded.own.strict)
    _report(loaded.warnings, strict=False)
    # Not before `sdk`, which says whether the SDK is too old.
    from sentry_asgi_autoconf.integrations import deferred

    deferred.call_when_set_up(_notice_requests)
    imported = [name for name in _FRAMEWORKS if name in sys.modules and name not in _integrations()]
    decided = _initialised(arguments, loaded, report)
    if imported:
        guarded(lambda: _make_again(imported), None)
    # Without a destination, too: the app's own init may be what names one.
    guard = clients.Guard(arguments, guarded, report, loaded.policy.pauses)
    clients.install(guard)
    if decided.active and loaded.may_change:
        _follow_policies(loaded, guard, policy_changed)
    return decided, loaded


def _follow_policies(loaded: Loaded, guard: Guard, changed: Callable[[Loaded, Decision], None]) -> None:
    from sentry_asgi_autoconf.activation.live_policy import LivePolicy
    from sentry_asgi_autoconf.serving.served_app import when_serving

    when_serving[:] = [LivePolicy(loaded, guard, changed).begin]


def guard_clients(guarded: Callable[..., Any], report: Report) -> None:
    """Guard what clients are made of in a process that is not initialised, if the settings say so."""
    found = decision.find_settings(os.environ, None)
    processes = os.environ.get("SENTRY_ASGI_PROCESSES", "").strip().lower()
    if not (processes in _GUARDED or found.policies or found.config):
        return
    loaded = _read(found)
    if isinstance(loaded, Decision):
        return
    # A policy that is not known may have said so.
    if loaded.own.processes in _GUARDED or loaded.enforcement.blocks_sending:
        from sentry_asgi_autoconf.activation import init_arguments
        from sentry_asgi_autoconf.sdk import clients

        _, arguments = _resolve(loaded, strict=False)
        clients.install(clients.Guard(arguments, guarded, report))
        with suppress(ConfiguratorError):  # which is reported where the client is made
            _report(init_arguments.not_permitted(loaded, arguments.of_settings()), strict=False)


def _notice_requests() -> None:
    # Not before the SDK's modules have been kept from importing libraries that they only look for.
    from sentry_asgi_autoconf.serving import request_layer

    request_layer.install()


def _make_again(frameworks: Sequence[str]) -> None:
    from sentry_asgi_autoconf.wrapping import made_before

    active = _integrations()
    made_before.make_again([name for name in frameworks if name in active])


def _integrations() -> Sequence[str]:
    """Name those of the client at hand."""
    import sentry_sdk

    client = sentry_sdk.get_client()
    return list(client.integrations) if client.is_active() else []


def _initialised(arguments: Arguments, loaded: Loaded, report: Report) -> Decision:
    from sentry_asgi_autoconf.activation import init_arguments
    from sentry_asgi_autoconf.sdk import clients

    try:
        final = clients.final_arguments(arguments, report)
        _report(init_arguments.not_permitted(loaded, final), strict=False)
        if destinations.is_sent(final.arguments):
            with _keeping_propagators(final.arguments, loaded):
                clients.init(final.arguments, defers=arguments.defers)
            clients.describe_us(entry_points.way_in(), loaded.policy.names, loaded.own.tags)
            if not loaded.own.traceparent:
                from sentry_asgi_autoconf.serving import opened_request

                opened_request.ignore_traceparent()
            return decision.PAUSED if loaded.policy.pauses else decision.ACTIVE
        decided = _why_nowhere(arguments, loaded)
    except (ConfiguratorError, SdkError) as error:
        _report([error], strict=loaded.own.strict)
        is_sdks = isinstance(error, SdkError)
        decided = decision.SDK_INIT_FAILED if is_sdks else decision.CONFIGURATOR_FAILED
    if arguments.must_hold:
        clients.send_nothing_more()
    return decided


def _keeping_propagators(arguments: Mapping[str, Any], loaded: Loaded) -> ContextManager[None]:
    """Keep OpenTelemetry's propagators, by which a caller's `traceparent` goes on there, if it is to go on."""
    given = arguments.get("integrations")
    named = [getattr(each, "identifier", "") for each in given] if isinstance(given, (list, tuple)) else []
    if "otlp" not in named or not loaded.own.traceparent:
        return nullcontext()
    from sentry_asgi_autoconf.integrations import otlp

    return otlp.keeping_propagators()


def _why_nowhere(arguments: Arguments, loaded: Loaded) -> Decision:
    if arguments.enforcement.blocks_sending:
        return decision.INVALID_POLICY
    if "dsn" in loaded.settings:
        return decision.DSN_FORBIDDEN
    return decision.NO_VALID_DSN if loaded.problems else decision.NO_DESTINATION


def block_sending(guarded: Callable[..., Any]) -> None:
    """Let nothing leave the process, if there is a policy: it could not be applied."""
    if not in_force.find(os.environ):
        return
    try:
        from sentry_asgi_autoconf.sdk import clients
    except ImportError:  # without the SDK nothing leaves anyway
        return
    from sentry_asgi_autoconf.policy.enforcement import BLOCKING
    from sentry_asgi_autoconf.sdk.arguments import Arguments
    from sentry_asgi_autoconf.settings.own import OwnValues

    arguments = Arguments({}, BLOCKING, OwnValues(integrations="eager"))
    clients.install(clients.Guard(arguments, guarded, lambda caller, merged: None))
    clients.send_nothing_more()
    remedy = "Fix the problem in the line above; until then nothing leaves this process."
    console.say("error", InvalidPolicyError("there is a policy, but it cannot be applied", remedy=remedy))


def refuse_bad_settings(settings: Loaded | Decision) -> None:
    """Exit with status 78 if the settings are strict and one of them is refused. Initialises nothing."""
    if isinstance(settings, Decision):
        if _is_strict():
            report_misspelt_destination(settings)
    elif settings.own.strict:
        _resolve(settings, strict=True)


def _resolve(loaded: Loaded, *, strict: bool) -> tuple[Loaded, Arguments]:
    """Return the settings that apply and what clients are made from, and report what is refused."""
    from sentry_asgi_autoconf.activation import init_arguments

    resolved = init_arguments.resolve(loaded)
    _report([*loaded.problems, *resolved.problems], strict=strict)
    return resolved.loaded, resolved.build_arguments()


def _report(problems: Iterable[AutoconfError], *, strict: bool) -> None:
    problem = None
    for problem in problems:
        console.say("error" if strict else "warning", problem)
    if strict and problem:
        raise SystemExit(CONFIGURATION_ERROR)
