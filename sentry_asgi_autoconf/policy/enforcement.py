"""The terms of a policy, and what they leave to nobody: enforced values, hooks that follow the app's, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator, Mapping, NamedTuple, Sequence
from urllib.parse import urlsplit

from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.provenance import ENFORCED, Candidate, Origin
from sentry_asgi_autoconf.settings import destinations
from sentry_asgi_autoconf.settings.sources import NOTHING, Table

if TYPE_CHECKING:
    from sentry_asgi_autoconf.policy.limits import Limit
    from sentry_asgi_autoconf.policy.rules import Facts, Matcher

# Where what a policy says is not known.
UNREADABLE = Origin("the policy", "not known", layer=ENFORCED)
# Hooks that an enforced one follows, in place of standing for it: both see the event.
_BEFORE_SEND = ("before_send", "before_send_log", "before_send_metric", "before_send_span")
CHAINED = frozenset(("before_breadcrumb", *_BEFORE_SEND, "before_send_transaction", "event_scrubber"))
# What would take the place of an option, and so undo what is enforced of it.
_SUBSTITUTES = {
    "data_collection": ("send_default_pii",),
    "profiles_sample_rate": ("profiles_sampler",),
    "sample_rate": ("error_sampler",),
    "traces_sample_rate": ("traces_sampler", "enable_tracing"),
}
# Of these the SDK heeds none where the data to collect are said one by one.
_UNHEEDED = ("send_default_pii", "include_local_variables", "include_source_context")
# These do not see the spans that the SDK sends one by one; `before_send_span` does.
_BLIND_TO_STREAMS = ("before_send_transaction", "event_scrubber")
# What the SDK reads in `_experiments` under another name than the option's.
_EXPERIMENTS = {"continuous_profiling_mode": "profiler_mode", "otel_powered_performance": "instrumenter"}
# What the SDK sets anew for Spotlight alone, without a DSN.
_SET_BY_SPOTLIGHT = (
    *("send_default_pii", "sample_rate", "traces_sample_rate", "profiles_sample_rate"),
    *("error_sampler", "traces_sampler", "profiles_sampler"),
)


class Policy(NamedTuple):
    """Defaults and enforced values, and limits by option.

    `enabled` is the switch by which nothing is sent, `required` are settings that somebody has to say, `rules` are the
    parts that hold for some processes. `expires` is the moment, in seconds since the epoch, from which on the policy
    says something else; `notes` are what it says no more.
    """

    names: list[str]
    defaults: Table
    enforced: Table
    limits: dict[str, Limit]
    errors: list[AutoconfError]  # why it cannot be relied on: then nothing may leave the process
    warnings: list[AutoconfError]  # contradictions that were resolved
    enabled: Candidate | None = None
    required: Mapping[str, Origin] = {}
    rules: Sequence[Rule] = ()
    expires: float = float("inf")
    notes: Sequence[str] = ()

    @property
    def pauses(self) -> bool:
        """Whether nothing is to be sent."""
        return self.enabled is not None and not self.enabled.value

    def narrowed(self, facts: Facts) -> Policy:
        """Return the policy as it holds for this process: the more a rule asks, the later it has its say."""
        policy = self
        matching = [rule for rule in self.rules if rule.matcher.matches(facts)]
        for rule in sorted(matching, key=lambda rule: rule.matcher.specificity):
            policy = policy._replace(
                defaults=over(policy.defaults, rule.terms.defaults),
                enforced=over(policy.enforced, rule.terms.enforced),
                limits={**policy.limits, **rule.terms.limits},
                enabled=rule.terms.enabled or policy.enabled,
                required={**policy.required, **rule.terms.required},
            )
        return policy._replace(rules=())

    @property
    def is_unreadable(self) -> bool:
        """Whether what the policy allows cannot be told."""
        return bool(self.errors)


class Rule(NamedTuple):
    """Terms of a policy for those processes that match."""

    matcher: Matcher
    terms: Policy


NO_POLICY = Policy([], NOTHING, NOTHING, {}, [], [])


def over(lower: Table, higher: Table) -> Table:
    """Return the values of both tables, of one name the higher one's."""
    return Table(*({**below, **above} for below, above in zip(lower, higher)))


class Refusal(NamedTuple):
    """An argument that was not taken as it was, where the policy says so, and the variable that it was found in."""

    name: str
    wanted: Any
    applied: Any
    source: str
    variable: str = ""


class Enforcement(NamedTuple):
    """Values and limits by option of `sentry_sdk.init`; `hooks` come on top of those that others set."""

    values: Mapping[str, Any] = {}
    hooks: Mapping[str, Any] = {}
    limits: Mapping[str, Limit] = {}
    origins: Mapping[str, Origin] = {}

    def __bool__(self) -> bool:
        return bool(self.values or self.hooks or self.limits)

    @property
    def blocks_sending(self) -> bool:
        """Whether this is what holds where a policy cannot be read."""
        return self.values.get("dsn") == ""

    def substitutes(self) -> dict[str, str]:
        """Return the options that would undo an enforced one, each with the one that it would undo."""
        return {other: name for other, name in self._undoing() if other not in self.values}

    def _undoing(self) -> Iterator[tuple[str, str]]:
        for name in self.values:
            yield from ((other, name) for other in _SUBSTITUTES.get(name, ()))
        yield from (("data_collection", name) for name in _UNHEEDED if self.values.get(name) is False)
        if "event_scrubber" in self.hooks:
            yield "data_collection", "event_scrubber"
        if "before_send_span" not in self.hooks:
            yield from (("trace_lifecycle", name) for name in _BLIND_TO_STREAMS if name in self.hooks)
        rate = self.limits.get("traces_sample_rate")
        if rate is not None and rate.minimum is not None:
            yield "enable_tracing", "traces_sample_rate"

    def names(self) -> set[str]:
        """Return every option that is enforced or limited, and what would undo one, in `_experiments` too."""
        options = {*self.values, *self.limits, *self.substitutes()}
        if self.rule_of("dsn") is not None:
            options.update(destinations.WAYS_OUT)
        return options | {key for key, name in _EXPERIMENTS.items() if name in options}

    def undone_by_spotlight(self) -> str | None:
        """Name an option that Spotlight in the place of a DSN would undo, if there is one."""
        return next((name for name in _SET_BY_SPOTLIGHT if name in self.values or name in self.limits), None)

    def permits(self, name: str, value: Any) -> bool:
        """Whether a valid value of an option may stand, clamped if need be."""
        if name in self.values or destinations.is_nowhere(name, value):
            return True
        limit = self.rule_of(name)
        is_within = limit is None or limit.permits(destinations.url(name, value))
        return is_within and name not in self.substitutes()

    def rule_of(self, name: str) -> Limit | None:
        """Return what limits an option: of a way out that has no limit of its own, what limits another."""
        for ruled in destinations.RULES.get(name, (name,)):
            if ruled == "dsn" and self.values.get("dsn"):
                from sentry_asgi_autoconf.policy.limits import Limit

                host = urlsplit(str(self.values["dsn"])).hostname or ""
                return Limit(allowed=((host,),), origins=(self.origins["dsn"],))
            if ruled in self.limits:
                return self.limits[ruled]
        return None

    def rule_beside(self, name: str, arguments: Mapping[str, Any]) -> Limit | None:
        """Return what limits a way out among init's arguments: of a proxy that can read everything, the DSN's rule."""
        rule = self.rule_of(name)
        if rule is None and name == "http_proxy" and destinations.is_readable_by_proxies(arguments):
            return self.rule_of("dsn")
        return rule

    def clamped(self, name: str, value: Any) -> Any:
        """Return an option's value within its limit; an enforced value is not limited."""
        limit = self.limits.get(name)
        return value if limit is None or name in self.values else limit.clamped(value)

    def rates_by_path(self, rates: Mapping[str, float]) -> dict[str, float]:
        """Return trace rates by path as far as they may differ from the general one."""
        if "traces_sample_rate" in self.values or "traces_sampler" in self.values:
            return {}
        return {path: self.clamped("traces_sample_rate", rate) for path, rate in rates.items()}

    def ceiling_over_callers(self) -> float | None:
        """Return the rate that holds for traces too that callers have sampled; None if these go on."""
        limit = self.limits.get("traces_sample_rate")
        rate = self.values.get("traces_sample_rate", limit and limit.maximum)
        if rate is None or "traces_sampler" in self.values:
            return None
        if rate <= 0:
            return 0.0  # nothing is traced, whoever asks for it
        return limit.maximum if limit and limit.over_callers else None

    def source_of(self, name: str) -> Origin | str:
        """Return where it is said what an option may be."""
        name = _EXPERIMENTS.get(name, name)
        name = self.substitutes().get(name, name)
        return self.origins.get(name) or str(self.rule_of(name) or self.rule_of("dsn"))


# What is enforced where a policy cannot be read: no event is sent anywhere.
_NOWHERE = {"dsn": "", "spotlight": False, "transport": None}
BLOCKING = Enforcement(_NOWHERE, origins=dict.fromkeys(_NOWHERE, UNREADABLE))


def copied(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return init's arguments so that nobody who is handed their lists and mappings changes ours."""
    return {name: _copied(value) for name, value in arguments.items()}


def _copied(value: Any) -> Any:
    if type(value) is dict:
        return {key: _copied(part) for key, part in value.items()}
    return type(value)(map(_copied, value)) if type(value) in (list, set) else value


def same(one: Any, other: Any) -> bool:
    """Whether two arguments are alike; objects of the app's are not compared by rules of their own."""
    is_plain = type(one) is type(other) and isinstance(one, (str, bytes, int, float))
    return one is other or (is_plain and one == other)
