"""Report calls of methods from one process to another: a span where one is made, a transaction where it is carried out.

They are called what the SDK's integration of Ray calls them for Ray's tasks.
"""

from __future__ import annotations

import contextlib
from datetime import datetime, timezone
from typing import Any, Iterator, Mapping

import sentry_sdk
from sentry_sdk import Scope
from sentry_sdk.utils import capture_internal_exceptions, event_from_exception

from sentry_asgi_autoconf.serving import current_request
from sentry_asgi_autoconf.serving.chained_hooks import is_streaming
from sentry_asgi_autoconf.serving.current_request import Request

_SUBMIT, _TASK = "queue.submit.ray", "queue.task.ray"
_ORIGIN = "auto.queue.ray"


@contextlib.contextmanager
def submitted(name: str) -> Iterator[tuple[dict[str, str], Any]]:
    """Yield the headers by which what is called continues the trace, and the call's span, None without a parent."""
    scope = Scope.get_current_scope()
    span: Any = None
    if scope.span is not None:
        span = scope.span.start_child(op=_SUBMIT)
        span.description = name  # an argument of either name, by the release of the SDK
        _set_origin(span)
    elif getattr(scope, "streamed_span", None) is not None:
        attributes: dict[str, Any] = {"sentry.op": _SUBMIT, "sentry.origin": _ORIGIN}
        span = sentry_sdk.traces.start_span(name=name, attributes=attributes)
    with span or contextlib.nullcontext():
        yield dict(scope.iter_trace_propagation_headers()), span


def answered(span: Any) -> None:
    """Have the span of a call last until now, when its answer has arrived; one that was streamed is gone."""
    if getattr(span, "timestamp", None) is not None:
        span.timestamp = datetime.now(timezone.utc)


class CalledMethod:
    """One call that is carried out: the context `inner` of its host, in scopes and in a transaction of its own."""

    def __init__(self, inner: Any, name: str, headers: Mapping[str, str], about: Mapping[str, Any]) -> None:
        """Take the headers that `submitted` has yielded, and what a sampler may want to know of the call."""
        self._inner, self._name = inner, name
        self._headers, self._about = headers, about
        self._outside = current_request.recall(), Scope.get_isolation_scope(), Scope.get_current_scope()
        self._span: Any = None

    def __enter__(self) -> Any:
        """Open the scopes and begin the transaction; what fails on our part leaves the call as it is without us."""
        with capture_internal_exceptions():
            self._open()
        try:
            return self._inner.__enter__()
        except BaseException as error:
            self._close(type(error), error, error.__traceback__)
            raise

    def __exit__(self, *error: Any) -> Any:
        """Report what the method has raised, before its host logs it."""
        if isinstance(error[1], Exception):
            with capture_internal_exceptions():
                self._capture(error)
        try:
            return self._inner.__exit__(*error)
        finally:
            self._close(*error)

    def _open(self) -> None:
        _, outer_isolation, outer_current = self._outside
        isolation, current = outer_isolation.fork(), outer_current.fork()
        Scope.set_isolation_scope(isolation)
        Scope.set_current_scope(current)
        current_request.begin(Request({"type": "call"}, self, self._outside[1:]))
        isolation.clear_breadcrumbs()
        if not self._headers:
            isolation.set_new_propagation_context()
        streams = is_streaming(sentry_sdk.get_client().options)
        self._span = (self._segment if streams else self._transaction)().__enter__()

    def _transaction(self) -> Any:
        transaction = sentry_sdk.continue_trace(dict(self._headers), op=_TASK, name=self._name, source="task")
        _set_origin(transaction)
        return sentry_sdk.start_transaction(transaction, custom_sampling_context=dict(self._about))

    def _segment(self) -> Any:
        sentry_sdk.traces.continue_trace(dict(self._headers))
        Scope.set_custom_sampling_context(dict(self._about))
        attributes: dict[str, Any] = {"sentry.op": _TASK, "sentry.origin": _ORIGIN}
        attributes["sentry.segment.name.source"] = "task"
        return sentry_sdk.traces.start_span(name=self._name, attributes=attributes, parent_span=None)

    def _capture(self, error: Any) -> None:
        options = sentry_sdk.get_client().options
        mechanism = {"type": "ray", "handled": False}
        event, hint = event_from_exception(error, client_options=options, mechanism=mechanism)
        sentry_sdk.capture_event(event, hint=hint)

    def _close(self, *error: Any) -> None:
        with capture_internal_exceptions():
            if self._span is not None:
                if error[1] is None and hasattr(self._span, "set_status"):
                    self._span.set_status("ok")
                self._span.__exit__(*error)
        request, isolation, current = self._outside
        current_request.begin(request)
        Scope.set_isolation_scope(isolation)
        Scope.set_current_scope(current)


def _set_origin(span: Any) -> None:
    # Older releases of the SDK have none.
    if hasattr(span, "origin"):
        span.origin = _ORIGIN
