"""Make the transaction of each request that the rate allows; imported where there is a rate."""

from __future__ import annotations

import functools
from typing import Any, Callable, Iterator, Mapping, NamedTuple

import sentry_sdk
from sentry_sdk.tracing import Transaction
from sentry_sdk.tracing_utils import Baggage, PropagationContext, has_tracing_enabled
from sentry_sdk.utils import capture_internal_exceptions

from sentry_asgi_autoconf.serving.current_request import DECIDED
from sentry_asgi_autoconf.serving.opened_request import NAME_OF_SEND, OpenedRequest, drawn, span_id, trace_id

_OP = "http.server"
_SOURCE = "url"
# Older releases do not keep a caller's there.
_has_baggage = hasattr(PropagationContext, "baggage")
_MILLION = 1_000_000


class Rates(NamedTuple):
    """What one client's options say of its transactions."""

    of: Callable[[Mapping[str, Any]], float]  # for the sampling context of a request that begins a trace
    heed_callers: bool  # whether a caller's decision not to sample a trace needs nobody's consent
    unsampled: Transaction  # ends in the place of each that is not sent


def maker(options: Mapping[str, Any]) -> Callable[..., OpenedRequest]:
    """Return what makes the requests of a client with these options."""
    return functools.partial(TracedRequest, _rates(options))


def _rates(options: Mapping[str, Any]) -> Rates | None:
    """Return the rates that are known before there is a transaction; None if the SDK must see to them itself."""
    if options.get("instrumenter", "sentry") != "sentry" or not has_tracing_enabled(dict(options)):
        return None
    trace = sentry_sdk.get_isolation_scope().get_active_propagation_context()
    unsampled = _transaction("unsampled", trace, "", 0)
    unsampled.sampled = False
    sampler, rate = options.get("traces_sampler"), options["traces_sample_rate"]
    if callable(sampler):
        return Rates(sampler, False, unsampled) if getattr(sampler, "needs_no_transaction", False) else None
    return Rates(lambda context: rate, True, unsampled) if _is_rate(rate) else None


class TracedRequest(OpenedRequest):
    """One request, and the transaction that was made for it, if any was."""

    __slots__ = ("_is_started", "_rates", "_transaction")

    def __init__(self, rates: Rates | None, plan: Any, layer: Any, request: Any) -> None:
        super().__init__(plan, layer, request)
        self._rates = rates
        self._transaction: Any = None
        self._is_started = False

    def _noticing(self, send: Any) -> Any:
        transaction = self._transaction
        if transaction is None:
            return send

        async def noticing_status(message: Any) -> Any:
            with capture_internal_exceptions():  # It may be any object.
                if message["type"] == "http.response.start":
                    transaction.set_http_status(message["status"])
            return await send(message)

        noticing_status.__qualname__ = NAME_OF_SEND
        return noticing_status

    def _begin_trace(self, isolation: Any, headers: dict[str, str]) -> None:
        super()._begin_trace(isolation, headers)
        path, origin = str(self._request.path), self._layer.span_origin
        trace = isolation.get_active_propagation_context()
        rates, rate, rand = self._rates, -1.0, 0
        has_w3c_parent = trace.parent_span_id is not None and "sentry-trace" not in headers
        if rates is not None and (trace.parent_span_id is None or has_w3c_parent):
            rate = rates.of({"asgi_scope": self._request.scope, "parent_sampled": None})
            rand = drawn() % _MILLION
            make = functools.partial(_transaction, path, trace, origin, rand)
        elif rates is not None and trace.parent_sampled is False and rates.heed_callers and _has_baggage:
            rate = 0.0
            make = functools.partial(_transaction, path, trace, origin, baggage=trace.baggage)
        if not _is_rate(rate) and has_w3c_parent:
            self._start(_transaction(path, trace, origin, drawn() % _MILLION))
        elif not _is_rate(rate):
            said = {"op": _OP, "name": path, "source": _SOURCE, "origin": origin}
            self._start(_tagged(sentry_sdk.continue_trace(headers, **said)))
        elif rand < rate * _MILLION:
            if trace.parent_span_id is None:
                trace.trace_id = trace_id()
            self._start(make(), {DECIDED: rate})
        else:
            self._transaction = UnsampledTransaction(make, path, _SOURCE, float(rate))
            sentry_sdk.get_current_scope().span = self._transaction

    def _start(self, transaction: Transaction, decided: Mapping[str, float] = {}) -> None:
        context = {"asgi_scope": self._request.scope, **decided}
        started = sentry_sdk.start_transaction(transaction, custom_sampling_context=context)
        self._transaction, self._is_started = started.__enter__(), True

    def _close(self, error: Any) -> None:
        is_wanted = not self._request.has_no_transaction_of_ours
        if self._is_started:
            if not is_wanted:
                self._transaction.sampled = False
            self._transaction.__exit__(*error)
        elif self._transaction is not None and self._rates and is_wanted:
            self._rates.unsampled.finish()  # counts as one that is not sent
        super()._close(error)


def _is_rate(rate: Any) -> bool:
    return isinstance(rate, (int, float)) and 0 <= rate <= 1


def _transaction(
    path: str, trace: Any, origin: str, rand: int | None = None, baggage: Any = None
) -> Transaction:
    """Make the transaction of a request whose trace comes with `baggage`, or begins here with the number drawn."""
    if rand is not None:
        # By this number the SDK decides when the transaction starts, and others do further down.
        baggage = Baggage({"sample_rand": f"{rand / _MILLION:.6f}"}, mutable=True)
    transaction = Transaction(
        op=_OP,
        # Until a framework knows the route; the middleware names what is sent.
        name=path,
        source=_SOURCE,
        origin=origin,
        trace_id=trace.trace_id,
        span_id=span_id(),
        parent_span_id=trace.parent_span_id,
        parent_sampled=trace.parent_sampled,
        same_process_as_parent=False,
        baggage=baggage,
    )
    return _tagged(transaction)


def _tagged(transaction: Transaction) -> Transaction:
    transaction.set_tag("asgi.type", "http")
    return transaction


class UnsampledTransaction(Transaction):
    """A transaction whose every part but name, source and decision is made once an error, say, asks for it.

    Its base's `__init__` waits until then: it draws ids, reads clocks and threads, and takes 5 us and 1,330 bytes of a
    request in which nobody looks at them; this takes 0.4 us, 550 bytes. An SDK that looks at more in each request, or
    keeps defaults in the class, where `__getattr__` is not asked, ends it: then fail (in tests/serving)
    test_a_transaction_is_built_only_where_it_is_sent and test_the_trace_is_told_of_as_by_hand. Measured with SDK 2.75
    and Python 3.11.
    """

    __slots__ = ("_http_status", "_is_whole", "_make")

    def __init__(self, make: Callable[[], Transaction], name: str, source: str, sample_rate: float) -> None:
        self._make = make
        self._is_whole = False
        self._http_status: int | None = None
        self.name, self.source = name, source
        self.sampled, self.sample_rate = False, sample_rate

    def set_http_status(self, http_status: int) -> None:
        """Take note of it."""
        if self._is_whole:
            super().set_http_status(http_status)
        self._http_status = http_status

    def __getattr__(self, attribute: str) -> Any:
        if attribute not in self.__slots__ and not self._is_whole:  # the former while it is copied
            with capture_internal_exceptions():
                self._complete()
        return object.__getattribute__(self, attribute)

    def _complete(self) -> None:
        made = self._make()
        if self._http_status is not None:
            made.set_http_status(self._http_status)
        for name, value in _attributes(made):
            if not _has(self, name):
                setattr(self, name, value)
        self._is_whole = True


def _attributes(transaction: Transaction) -> Iterator[tuple[str, Any]]:
    yield from getattr(transaction, "__dict__", {}).items()
    for kind in type(transaction).__mro__:
        for name in getattr(kind, "__slots__", ()):
            if hasattr(transaction, name):
                yield name, getattr(transaction, name)


def _has(transaction: Transaction, name: str) -> bool:
    try:
        object.__getattribute__(transaction, name)
    except AttributeError:
        return False
    return True
