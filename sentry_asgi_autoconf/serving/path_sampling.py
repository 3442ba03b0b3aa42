"""Sample transactions by method and path."""

from __future__ import annotations

import fnmatch
import random
import re
from typing import Any, Callable, Dict, Mapping, Pattern, Union

from sentry_asgi_autoconf.policy.limits import Limit, is_number

SampleRate = Union[float, bool, None]
Sampler = Callable[[Dict[str, Any]], SampleRate]


def is_needed(
    options: Mapping[str, Any],
    excluded_paths: list[str],
    rates: Mapping[str, float],
    ceiling_over_callers: float | None,
) -> bool:
    """Tell whether paths or callers change anything: neither an exclusion nor a ceiling may switch tracing on."""
    tracing = options.get("traces_sampler") or options.get("traces_sample_rate") is not None
    is_asked = bool(excluded_paths) or ceiling_over_callers is not None
    return bool(rates or (is_asked and (tracing or options.get("enable_tracing"))))


class PathSampler:
    """A `traces_sampler` that knows excluded paths and rates by path, and leaves the rest to the general rate."""

    def __init__(
        self,
        otherwise: Sampler | None,
        general_rate: float,
        excluded_paths: list[str],
        rates: Mapping[str, float],
        current_scope: Callable[[], dict[str, Any] | None],
        ceiling_over_callers: float | None = None,
    ) -> None:
        """Compile the globs; `rates` maps "[METHOD ]glob" to a rate from 0 to 1, the first that matches counts.

        `ceiling_over_callers` holds for the traces of callers, but for paths that have a higher rate.
        """
        self._ceiling = ceiling_over_callers
        self._otherwise = otherwise
        self._general_rate = general_rate
        self._excluded = [_compiled(glob) for glob in excluded_paths]
        self._rates = [(*_parsed(key), rate) for key, rate in rates.items()]
        self._current_scope = current_scope

    @property
    def needs_no_transaction(self) -> bool:
        """Whether it decides by the request alone, so that it may be asked before there is a transaction."""
        return self._otherwise is None

    def __call__(self, context: dict[str, Any]) -> SampleRate:
        """Give the rate for the transaction that `context` (the SDK's sampling context) is about."""
        scope = context.get("asgi_scope") or self._served_scope(context)
        path = scope.get("path", "")
        if any(pattern.match(path) for pattern in self._excluded):
            return 0.0
        parent: bool | None = context.get("parent_sampled")
        rate = self._rate_of(scope.get("method", "WEBSOCKET"), path)
        if rate is None and self._otherwise is not None:
            wanted = self._otherwise(context)
        elif parent is None:
            wanted = self._general_rate if rate is None else rate
        else:
            wanted = parent
        if self._ceiling is None or not _is_continued(context):
            return wanted
        return _drawn(wanted, max(self._ceiling, rate or 0.0))

    def _served_scope(self, context: dict[str, Any]) -> dict[str, Any]:
        # Sanic's integration does not hand on the scope. A transaction that is no server's may have been started by
        # a task that outlives the request in whose context it was made.
        if context.get("transaction_context", {}).get("op") not in ("http.server", "websocket.server"):
            return {}
        return self._current_scope() or {}

    def _rate_of(self, method: str, path: str) -> float | None:
        for wanted, pattern, rate in self._rates:
            if wanted in ("", method) and pattern.match(path):
                return rate
        return None


def _is_continued(context: Mapping[str, Any]) -> bool:
    begun = context.get("transaction_context") or {}
    return context.get("parent_sampled") is not None or begun.get("parent_span_id") is not None


def _drawn(rate: Any, ceiling: float) -> SampleRate:
    """Decide about a caller's trace here: the number by which the SDK would is in the caller's headers."""
    if not is_number(rate):
        return None  # the SDK samples nothing then
    return bool(random.random() < min(rate, ceiling))


class LimitedSampler:
    """An app's sampler, whose rates are held to a limit."""

    def __init__(self, sampler: Callable[..., Any], limit: Limit) -> None:
        """Take both."""
        self._sampler = sampler
        self._limit = limit

    def __call__(self, *context: Any) -> Any:
        """Return the sampler's rate, clamped."""
        return self._limit.clamped(self._sampler(*context))


def _parsed(key: str) -> tuple[str, Pattern[str]]:
    method, _, glob = key.strip().rpartition(" ")
    return method.strip().upper(), _compiled(glob)


def _compiled(glob: str) -> Pattern[str]:
    return re.compile(fnmatch.translate(glob))
