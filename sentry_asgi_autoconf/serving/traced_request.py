"""Make the transaction of each request that the rate allows; imported where there is a rate."""

from __future__ import annotations

import functools
import os
import random
from typing import Any, Callable, Iterator, Mapping, NamedTuple

import sentry_sdk
from sentry_sdk.scope import use_isolation_scope, use_scope
from sentry_sdk.tracing import Transaction
from sentry_sdk.tracing_utils import Baggage
from sentry_sdk.utils import capture_internal_exceptions

from sentry_asgi_autoconf.serving import current_request
from sentry_asgi_autoconf.serving.request_layer import UntracedRequest

_SOURCE = "url"
_MILLION = 1_000_000
# Not the app's, whose numbers may have to come out the same. The system's would cost a call of it each.
_generator = random.Random()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_generator.seed)


class Plan(NamedTuple):
    """What one client's options say of its transactions."""

    rate_of: Callable[[Mapping[str, Any]], float]  # for the sampling context of a request that begins a trace
    heeds_callers: bool  # whether a caller's decision not to sample a trace needs nobody's consent
    unsampled: Transaction  # ends in the place of each that is not sent


def plan_of(options: Mapping[str, Any]) -> Plan | None:
    """Return what a client's options, with tracing on, say; None if the SDK must see to its transactions itself."""
    if options.get("instrumenter", "sentry") != "sentry":
        return None
    trace = sentry_sdk.get_isolation_scope().get_active_propagation_context()
    unsampled = _transaction({"path": "unsampled", "type": "http"}, trace, "")
    unsampled.sampled = False
    sampler, rate = options.get("traces_sampler"), options["traces_sample_rate"]
    if callable(sampler):
        return Plan(sampler, False, unsampled) if getattr(sampler, "needs_no_transaction", False) else None
    return Plan(lambda context: rate, True, unsampled) if _is_rate(rate) else None


class TracedRequest(UntracedRequest):
    """One request, and the transaction that was made for it, if any was."""

    __slots__ = ("_plan", "_scopes", "_transaction")

    def __init__(self, plan: Plan, scope: Any) -> None:
        super().__init__(scope)
        self._plan = plan
        self._transaction: Any = None
        # Those of the request, if its transaction was started.
        self._scopes: tuple[Any, Any] | None = None

    async def serve(self, app: Any, receive: Any, send: Any) -> Any:
        """Serve it, and end its transaction."""

        async def noticing_status(message: Any) -> Any:
            if self._transaction is not None:
                with capture_internal_exceptions():  # It may be any object.
                    if message["type"] == "http.response.start":
                        self._transaction.set_http_status(message["status"])
            return await send(message)

        with self:
            return await app(self.scope, receive, noticing_status)

    def prepare(self, origin: str) -> bool:
        """Prepare the scopes at hand, those of the request; False if that is left to the middleware."""
        if not super().prepare(origin):
            return False
        trace = sentry_sdk.get_isolation_scope().get_active_propagation_context()
        if trace.parent_span_id is None:
            rate = self._plan.rate_of({"asgi_scope": self.scope, "parent_sampled": None})
            rand = int(_generator.random() * _MILLION)
            make = functools.partial(_transaction, self.scope, trace, origin, rand)
        elif trace.parent_sampled is False and self._plan.heeds_callers:
            rate, rand = 0.0, 0
            make = functools.partial(_transaction, self.scope, trace, origin, baggage=trace.baggage)
        else:
            return False
        if not _is_rate(rate):
            return False
        if rand < rate * _MILLION:
            self._start(make())
        else:
            self._transaction = UnsampledTransaction(make, self.scope["path"], _SOURCE, float(rate))
            sentry_sdk.get_current_scope().span = self._transaction
        return True

    def _start(self, transaction: Transaction) -> None:
        sentry_sdk.start_transaction(transaction, custom_sampling_context={"asgi_scope": self.scope})
        self._transaction = transaction.__enter__()
        self._scopes = (sentry_sdk.get_isolation_scope(), sentry_sdk.get_current_scope())

    def __enter__(self) -> None:
        pass

    def __exit__(self, *error: Any) -> None:
        if self._transaction is None:
            return
        request = current_request.recall()
        is_wanted = request is None or not request.has_no_transaction_of_ours
        if self._scopes is None:
            if is_wanted:
                self._plan.unsampled.finish()  # counts as one that is not sent
            return
        if not is_wanted:
            self._transaction.sampled = False
        isolation, current = self._scopes
        with use_isolation_scope(isolation), use_scope(current):
            self._transaction.__exit__(*error)


def _is_rate(rate: Any) -> bool:
    return isinstance(rate, (int, float)) and 0 <= rate <= 1


def _transaction(
    scope: Mapping[str, Any], trace: Any, origin: str, rand: int = 0, baggage: Any = None
) -> Transaction:
    """Make the transaction of a request whose trace comes with `baggage`, or begins here with the number drawn."""
    if baggage is None and trace.parent_span_id is None:
        # By this number the SDK decides when the transaction starts, and others do further down.
        baggage = Baggage({"sample_rand": f"{rand / _MILLION:.6f}"}, mutable=True)
    transaction = Transaction(
        op="http.server",
        # Until a framework knows the route; the middleware names what is sent.
        name=scope["path"],
        source=_SOURCE,
        origin=origin,
        trace_id=trace.trace_id,
        parent_span_id=trace.parent_span_id,
        parent_sampled=trace.parent_sampled,
        same_process_as_parent=False,
        baggage=baggage,
    )
    transaction.set_tag("asgi.type", scope["type"])
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
