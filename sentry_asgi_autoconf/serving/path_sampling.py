"""Sample transactions by method and path; imported where that is asked for."""

from __future__ import annotations

import fnmatch
import random
import re
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Callable, Mapping, Pattern

import sentry_sdk

from sentry_asgi_autoconf.policy.limits import is_number
from sentry_asgi_autoconf.serving import current_request

if TYPE_CHECKING:
    from sentry_asgi_autoconf.serving.trace_budget import TraceBudget

# What probes call themselves, by the beginning or a word of it: of Kubernetes, load balancers and uptime checkers.
_PROBES = re.compile(
    rb"kube-probe/|ELB-HealthChecker/|GoogleHC/|GoogleStackdriverMonitoring-UptimeChecks"
    rb"|Amazon-Route53-Health-Check-Service|Edge Health Probe|Load Balancer Agent|Envoy/HC|HAProxy|Consul Health Check"
    rb"|DigitalOcean Uptime Probe|Cloudflare-Healthchecks/|Better ?Uptime|Better Stack|UptimeRobot/|Uptime-Kuma/"
    rb"|Pingdom\.com_bot|StatusCake|Site24x7|Datadog/Synthetics|NewRelicPinger|SentryUptimeBot/",
)
# Where others ask, by GET or HEAD.
_USUAL_PATHS = re.compile(
    r"/(?:\w+/)?_?(?:health(?:z|check|-check|_check)?|live(?:z|ness)?|readyz?|readiness|ping|up)/?\Z"
)


class PathSampler:
    """A `traces_sampler` that knows excluded paths and rates by path, and leaves the rest to the general rate."""

    def __init__(
        self,
        otherwise: Callable[[dict[str, Any]], Any] | None,
        general_rate: float,
        excluded_paths: list[str],
        rates: Mapping[str, float],
        ceiling_over_callers: float | None,
        *,
        ignores_probes: bool = False,
        budget: TraceBudget | None = None,
    ) -> None:
        """Compile the globs; `rates` maps "[METHOD ]glob" to a rate from 0 to 1, the first that matches counts."""
        # The ceiling holds for the traces of callers, but for paths that have a higher rate.
        self._otherwise, self._general_rate, self._ceiling = otherwise, general_rate, ceiling_over_callers
        self._ignores_probes, self._budget = ignores_probes, budget
        self._excluded = [_compiled(glob) for glob in excluded_paths]
        self._rates = [(*_parsed(key), rate) for key, rate in rates.items()]

    @property
    def needs_no_transaction(self) -> bool:
        """Whether it decides by the request alone, so that it may be asked before there is a transaction."""
        return self._otherwise is None

    def __call__(self, context: dict[str, Any]) -> Any:
        """Return the rate for the transaction that `context` (the SDK's sampling context) is about."""
        if current_request.DECIDED in context:
            return context[current_request.DECIDED]
        scope = context.get("asgi_scope") or _served_scope(context)
        path = scope.get("path", "")
        if any(pattern.match(path) for pattern in self._excluded):
            return 0.0
        if self._ignores_probes and _is_probe(scope):
            return 0.0
        parent: bool | None = context.get("parent_sampled")
        rate = self._rate_of(scope.get("method", "WEBSOCKET"), path)
        if rate is None and self._otherwise is not None:
            wanted = self._otherwise(context)
        elif parent is None:
            wanted = self._general_rate if rate is None else rate
        else:
            wanted = parent
        if self._budget is not None and parent is None and is_number(wanted) and 0 < wanted <= 1:
            wanted = _within(self._budget, float(wanted), scope, context)
        if self._ceiling is None or not _is_continued(context):
            return wanted if parent is None or wanted is not parent else _rate_of_caller(parent, context)
        if not is_number(wanted):
            return None  # the SDK samples nothing then
        # Decided here: the number by which the SDK would is in the caller's headers.
        return random.random() < min(wanted, max(self._ceiling, rate or 0.0))

    def _rate_of(self, method: str, path: str) -> float | None:
        for wanted, pattern, rate in self._rates:
            if wanted in ("", method) and pattern.match(path):
                return rate
        return None


def _is_probe(scope: Mapping[str, Any]) -> bool:
    """Whether a request is a health check, by what it calls itself or by its usual path."""
    if scope.get("method") not in ("GET", "HEAD"):
        return False
    headers, path = scope.get("headers"), scope.get("path")
    for pair in headers if isinstance(headers, (list, tuple)) else ():
        if (
            len(pair) == 2
            and pair[0] == b"user-agent"
            and isinstance(pair[1], bytes)
            and _PROBES.search(pair[1])
        ):
            return True
    return isinstance(path, str) and _USUAL_PATHS.match(path) is not None


def _served_scope(context: Mapping[str, Any]) -> dict[str, Any]:
    # Sanic's integration does not hand on the scope.
    return (current_request.scope() if _is_server_s(context) else None) or {}


def _is_server_s(context: Mapping[str, Any]) -> bool:
    # Any other may have been started by a task that outlives the request in whose context it was made.
    begun = context.get("transaction_context")
    return begun is None or begun.get("op") in ("http.server", "websocket.server")


def _is_continued(context: Mapping[str, Any]) -> bool:
    begun = context.get("transaction_context") or {}
    return context.get("parent_sampled") is not None or begun.get("parent_span_id") is not None


def _within(
    budget: TraceBudget, wanted: float, scope: Mapping[str, Any], context: Mapping[str, Any]
) -> float:
    """Return what the budget leaves of a rate: once for a request, if an integration begins its transaction anew."""
    request = current_request.recall() if _is_server_s(context) else None
    if request is not None and request.rate is not None:
        return min(wanted, request.rate)
    rate = budget.rate(_route(scope, context), wanted, time.monotonic())
    if request is not None:
        request.rate = rate
    return rate


def _route(scope: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """Return what a transaction is for, before a framework knows the route."""
    if scope and _is_server_s(context):
        return f"{scope.get('method', 'WEBSOCKET')} {scope.get('path')}"
    begun = context.get("transaction_context") or {}
    return f"{begun.get('op')} {begun.get('name')}"


def _rate_of_caller(is_sampled: bool, context: Mapping[str, Any]) -> float:
    """Return the rate by which a caller has decided, or the SDK would tell Sentry that it was 1, or 0."""
    with suppress(Exception):  # the headers may say anything, and not every SDK keeps what they say
        trace: Any = sentry_sdk.get_current_scope().get_active_propagation_context()
        rate, rand = (float(trace.baggage.sentry_items[name]) for name in ("sample_rate", "sample_rand"))
        is_of_trace = trace.trace_id == context["transaction_context"]["trace_id"]
        if is_of_trace and 0 <= rate <= 1 and (rand < rate) == is_sampled:
            return rate
    return float(is_sampled)


def _parsed(key: str) -> tuple[str, Pattern[str]]:
    method, _, glob = key.strip().rpartition(" ")
    return method.strip().upper(), _compiled(glob)


def _compiled(glob: str) -> Pattern[str]:
    return re.compile(fnmatch.translate(glob))
