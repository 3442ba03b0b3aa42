"""Make the arguments of each `sentry_sdk.init` in this process: of ours, and of an app's own put over ours."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Callable, Mapping, NamedTuple, Sequence

from sentry_sdk.scrubber import EventScrubber

from sentry_asgi_autoconf import entry_points
from sentry_asgi_autoconf.console import printable
from sentry_asgi_autoconf.exceptions import ConfiguratorError, UnresolvedImportError
from sentry_asgi_autoconf.import_strings import guarded
from sentry_asgi_autoconf.policy.enforcement import Enforcement, Refusal, copied, same
from sentry_asgi_autoconf.policy.in_force import apply_policy
from sentry_asgi_autoconf.sdk.init_options import DirectTransport
from sentry_asgi_autoconf.serving import chained_hooks, redaction, request_names
from sentry_asgi_autoconf.settings import destinations
from sentry_asgi_autoconf.settings.sources import has_excluded

if TYPE_CHECKING:
    from sentry_asgi_autoconf.policy.limits import Limit
    from sentry_asgi_autoconf.sdk.leaving import OnLeaving
    from sentry_asgi_autoconf.serving.trace_budget import TraceBudget
    from sentry_asgi_autoconf.settings.own import OwnValues

_SAMPLERS = {
    "error_sampler": "sample_rate",
    "profiles_sampler": "profiles_sample_rate",
    "traces_sampler": "traces_sample_rate",
}
# The SDK's middleware raises what it has captured without its chain, unless this experiment says otherwise.
EXPERIMENTS = {"suppress_asgi_chained_exceptions": False}
# What else than the usual transport sends under these.
_OTHER_TRANSPORTS = ("transport_async", "transport_http2")


class Found(NamedTuple):
    """What the environment says at the moment of the options that the SDK looks up there itself.

    `options` are those of all layers, None where none has one. `by_variable` are those that their variables say, and
    what is to be said in place of what they may not say. `changed` are the variables that were not so when the settings
    were read.
    """

    options: Mapping[str, Any] = {}
    by_variable: Mapping[str, Any] = {}
    changed: tuple[str, ...] = ()
    refusals: Sequence[Refusal] = ()


class Merged(NamedTuple):
    """Arguments made of an app's, the names of those that it changed, and what of them was not taken.

    `found` are variables that have changed since the settings were read, and apply. `passed_over` are the names of all
    that an app gave whose init is passed over; `error` says why it could not be heeded together with the settings.
    """

    arguments: dict[str, Any]
    changed: list[str]
    refusals: list[Refusal]
    passed_over: tuple[str, ...] = ()
    error: str = ""
    found: tuple[str, ...] = ()
    unheld: str = ""


class Arguments:
    """What every client of this process is made from."""

    def __init__(
        self,
        options: Mapping[str, Any],
        enforcement: Enforcement,
        own: OwnValues,
        look_up: Callable[[], Found] = Found,
        tags: Mapping[str, str] = {},
    ) -> None:
        """Take init's arguments from the settings, and the tags that a policy enforces.

        `look_up` returns what the SDK would look up in the environment.
        """
        self.enforcement = enforcement
        # Whether integrations wait for their libraries.
        self.defers = own.integrations == "deferred"
        # A DSN is said even where there is none, or the SDK would read a SENTRY_DSN that was refused.
        self._options = {"dsn": "", **options}
        self._settings = own
        self._look_up = look_up
        self._on_leaving: OnLeaving | None = None
        if enforcement or not own.attachments or own.user_fields is not None or tags:
            from sentry_asgi_autoconf.sdk.leaving import OnLeaving

            self._on_leaving = OnLeaving(own.attachments, own.user_fields, tags)
        self._transport = DirectTransport
        if own.status_dir:
            from sentry_asgi_autoconf.sdk.counted_transport import CountedTransport

            self._transport = CountedTransport
        # What was refused of the settings alone, and was reported.
        self._refused: set[str] = set()

    @property
    def must_hold(self) -> bool:
        """Whether a rule or a configurator stands behind the arguments, so that nothing goes without them."""
        group = entry_points.CONFIGURATORS
        configures = entry_points.in_group(group) or entry_points.unreadable(group)
        return bool(self.enforcement or self._on_leaving or configures)

    def own(self) -> dict[str, Any]:
        """Return the arguments for our init. Raises ConfiguratorError."""
        return self.of_settings().arguments

    def of_settings(self) -> Merged:
        """Return the arguments for our init, and what of the settings was not taken. Raises ConfiguratorError."""
        arguments, refusals = self._finished(copied(self._options), self._options)
        self._refused = {refusal.name for refusal in refusals}
        return Merged(arguments, [], refusals, unheld=self._unheld(self._options, self._refused))

    def of_app(self, given: Mapping[str, Any]) -> Merged:
        """Return the arguments for an app's init. Raises ConfiguratorError."""
        # The SDK cannot tell None from an argument that was left out either.
        given = _without_none(given)
        if self._settings.on_app_init == "keep":
            return Merged(self.own(), [], [], tuple(given))
        found = self._look_up()
        options = _without_none({**self._options, **found.options})
        ours = dict(found.by_variable) if self._settings.on_app_init == "replace" else copied(options)
        arguments, refusals = self._finished({**ours, **_joined(ours, given)}, options)
        refused = {refusal.name for refusal in refusals}
        changed = [name for name in given if name not in refused and not same(given[name], ours.get(name))]
        news = [each for each in refusals if self._is_news(each, given)]
        news += [each for each in found.refusals if each.name not in given]
        return Merged(arguments, changed, news, found=found.changed, unheld=self._unheld(given, refused))

    def _unheld(self, given: Mapping[str, Any], refused: set[str]) -> str:
        if "transport" in refused or not self.enforcement:
            return ""
        from sentry_asgi_autoconf.policy.constraints import unheld

        return unheld(given, self.enforcement)

    def _is_news(self, refusal: Refusal, given: Mapping[str, Any]) -> bool:
        """Whether a refusal is of what the app gave, or shuts a way out that the settings alone left open."""
        option = refusal.name.partition(".")[0]
        return option in given or (option in destinations.WAYS_OUT and refusal.name not in self._refused)

    def _finished(
        self, wanted: dict[str, Any], otherwise: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[Refusal]]:
        arguments, refusals = apply_policy(configured(wanted), otherwise, self.enforcement)
        self._sample(arguments)
        chained_hooks.add(arguments, self.enforcement.hooks)
        if self._on_leaving:
            chained_hooks.add(arguments, self._on_leaving.hooks(arguments, self.enforcement))
        chained_hooks.shut(arguments, self.enforcement.values)
        if self.enforcement.ceiling_over_callers() == 0 and not any(
            self._settings.traces_sample_rates.values()
        ):
            chained_hooks.shut_out(arguments, "before_send_transaction")  # that code has said to sample
        if self._settings.scrub_keys or self._settings.scrub_patterns:
            self._scrub(arguments)
        if self._settings.events_per_minute is not None:
            from sentry_asgi_autoconf.serving import event_budget

            event_budget.add(arguments, self._settings.events_per_minute)
        redaction.add(arguments)
        experiments = arguments.get("_experiments", {})
        if isinstance(experiments, Mapping):  # else it is for the SDK to refuse
            arguments["_experiments"] = {**EXPERIMENTS, **experiments}
            if arguments.get("dsn") and not any(map(experiments.get, _OTHER_TRANSPORTS)):
                arguments["transport"] = arguments.get("transport") or self._transport
        for name in ("before_send", "before_send_transaction"):
            chained_hooks.put_first(arguments, name, request_names.complete)
        return arguments, refusals

    def _scrub(self, arguments: dict[str, Any]) -> None:
        if self._settings.scrub_keys:
            from sentry_asgi_autoconf.serving import credentials

            credentials.add(self._settings.scrub_keys)
            scrubber = EventScrubber(denylist=[], recursive=True)
            # Not given to it, as it adds those of personal data to its list.
            scrubber.denylist = [name.lower() for name in self._settings.scrub_keys]
            chained_hooks.add(arguments, {"event_scrubber": scrubber})
        if self._settings.scrub_patterns:
            from sentry_asgi_autoconf.sdk import leaving

            chained_hooks.add(arguments, leaving.scrubbing_hooks(self._settings.scrub_patterns, arguments))

    def _sample(self, arguments: dict[str, Any]) -> None:
        for sampler, rate in _SAMPLERS.items():
            is_ruled = rate in self.enforcement.limits and sampler not in self.enforcement.values
            if is_ruled and callable(arguments.get(sampler)):
                limit = self.enforcement.limits[rate]
                # Made of what can be pickled, as a client may be.
                arguments[sampler] = functools.partial(_sample_within, limit, arguments[sampler])
        ceiling = self.enforcement.ceiling_over_callers()
        if self._samples_by_path(arguments, ceiling):
            from sentry_asgi_autoconf.serving.path_sampling import PathSampler

            otherwise = arguments.get("traces_sampler")
            arguments["traces_sampler"] = PathSampler(
                otherwise if callable(otherwise) else None,
                arguments.get("traces_sample_rate") or 0.0,
                self._settings.excluded_paths,
                self._settings.traces_sample_rates,
                ceiling,
                ignores_probes=self._settings.health_checks == "ignore",
                budget=self._trace_budget(),
            )

    def _trace_budget(self) -> TraceBudget | None:
        if self._settings.traces_per_second is None:
            return None
        from sentry_asgi_autoconf.serving.trace_budget import TraceBudget

        return TraceBudget(self._settings.traces_per_second)

    def _samples_by_path(self, arguments: Mapping[str, Any], ceiling: float | None) -> bool:
        """Whether paths, callers or a budget change anything: no exclusion, ceiling or budget may switch tracing on."""
        tracing = arguments.get("traces_sampler") or arguments.get("traces_sample_rate") is not None
        is_asked = (
            bool(self._settings.excluded_paths)
            or self._settings.health_checks == "ignore"
            or ceiling is not None
            or self._settings.traces_per_second is not None
        )
        is_changed = is_asked and (tracing or arguments.get("enable_tracing"))
        return bool(self._settings.traces_sample_rates or is_changed)


def _sample_within(limit: Limit, sampler: Callable[..., Any], *context: Any) -> Any:
    return limit.clamped(sampler(*context))


def _without_none(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if value is not None}


def _joined(ours: Mapping[str, Any], theirs: dict[str, Any]) -> dict[str, Any]:
    """Return the app's arguments with our integrations beside its own, and those disabled that it does not name.

    A package of which it excludes a part is none that the settings include.
    """
    lists = {name: theirs.get(name, ()) for name in ("integrations", "disabled_integrations")}
    lists = {name: each for name, each in lists.items() if isinstance(each, (list, tuple))}
    named = [_identifier(each) for each in lists.get("integrations", ())]
    joined = {
        name: [*given, *(each for each in ours[name] if _identifier(each) not in named)]
        for name, given in lists.items()
        if name in ours
    }
    excluded = theirs.get("in_app_exclude")
    if isinstance(excluded, (list, tuple)) and "in_app_include" in ours:
        included = [each for each in ours["in_app_include"] if not has_excluded(each, excluded)]
        joined["in_app_include"] = theirs.get("in_app_include", included)
    return {**theirs, **joined}


def _identifier(integration: Any) -> Any:
    return getattr(integration, "identifier", integration)


_REMEDY = "Fix it; until then nothing leaves this process."


def configured(options: dict[str, Any]) -> dict[str, Any]:
    """Return `options` as an organisation's configurators leave them, by name: changed in place, or returned.

    Raises ConfiguratorError: what a configurator that fails would have kept in is not known.
    """
    for distribution in entry_points.unreadable(entry_points.CONFIGURATORS):
        raise ConfiguratorError(
            f"the metadata of {printable(distribution)}, which declares a configurator, cannot be read",
            remedy=_REMEDY,
        )
    for point in entry_points.in_group(entry_points.CONFIGURATORS):
        options = _applied(point, dict(options))
    return options


def _applied(point: Any, options: dict[str, Any]) -> dict[str, Any]:
    name = f"the configurator {printable(str(point.name))} ({printable(str(point.value))})"
    try:
        function = guarded(point.load, f"loading {point.value}")
        result: Any = guarded(lambda: function(options), f"calling {point.value}")
    except UnresolvedImportError as error:
        raise ConfiguratorError(f"{name} failed: {error.what}", remedy=_REMEDY) from error
    if result is None:
        return options
    if not isinstance(result, dict) or not all(isinstance(key, str) for key in result):
        raise ConfiguratorError(
            f"{name} returned an object of type {type(result).__name__}",
            remedy=f"It must return the options as a dict, or None. {_REMEDY}",
        )
    return result
