"""Begin the segment span of each request, where spans are streamed; imported where they are."""

from __future__ import annotations

from typing import Any, Mapping

from sentry_sdk import Scope, traces
from sentry_sdk.integrations import asgi
from sentry_sdk.utils import capture_internal_exceptions

from sentry_asgi_autoconf.serving.opened_request import NAME_OF_SEND, OpenedRequest, of_w3c, trace_id

# What the SDK's middleware tells of a request, and how it names its segment, in the releases that stream spans.
_attributes_of: Any = getattr(asgi, "_get_request_attributes", None)
_NAMING = ("_get_transaction_name_and_source", "_get_segment_name_and_source")
_NAMED_BY_ROUTE = ("component", "route", "custom")
_UNNAMED = "generic ASGI request"


def is_known(options: Mapping[str, Any]) -> bool:
    """Whether these are an SDK and options under which all that the middleware tells of a request is told here."""
    tells_addresses = options.get("send_default_pii") or (options.get("data_collection") or {}).get(
        "provided_by_user"
    )
    has_names = all(hasattr(asgi.SentryAsgiMiddleware, name) for name in _NAMING)
    return bool(_attributes_of and has_names and not tells_addresses)


class StreamedRequest(OpenedRequest):
    """One request, and the segment span that was begun for it, if any was."""

    __slots__ = ("_segment",)

    def __init__(self, plan: Any, layer: Any, request: Any) -> None:
        super().__init__(plan, layer, request)
        self._segment: Any = None

    def _begin_trace(self, isolation: Any, headers: dict[str, str]) -> None:
        layer, scope = self._layer, self._request.scope
        ids = of_w3c(headers) if "traceparent" in headers else None
        traces.continue_trace({**headers, "sentry-trace": "-".join(ids)} if ids else headers)
        trace = Scope.get_current_scope().get_active_propagation_context()
        if trace.parent_span_id is None:
            trace.trace_id = trace_id()
        Scope.set_custom_sampling_context({"asgi_scope": scope})
        name, source = layer._get_transaction_name_and_source(layer.transaction_style, scope)
        attributes = {
            "sentry.segment.name.source": getattr(source, "value", source),
            "sentry.origin": layer.span_origin,
            "network.protocol.name": "http",
            "sentry.op": "http.server",
        }
        self._segment = traces.start_span(name=name, attributes=attributes, parent_span=None)
        Scope.get_current_scope()._server_segment_span = self._segment
        if self._is_recorded:
            told = _attributes_of(scope, root_path_in_path=layer.root_path_in_path)
            for attribute, value in told.items():
                self._segment.set_attribute(attribute, value)

    @property
    def _is_recorded(self) -> bool:
        return type(self._segment) is traces.StreamedSpan

    def _noticing(self, send: Any) -> Any:
        if not self._is_recorded:
            return send
        segment = self._segment

        async def noticing_status(message: Any) -> Any:
            with capture_internal_exceptions():  # It may be any object.
                if message["type"] == "http.response.start":
                    segment.status = "error" if message["status"] >= 400 else "ok"
                    segment.set_attribute("http.response.status_code", message["status"])
            return await send(message)

        noticing_status.__qualname__ = NAME_OF_SEND
        return noticing_status

    def _close(self, error: Any) -> None:
        if self._is_recorded:
            with capture_internal_exceptions():
                self._name()
        if self._segment is not None:
            self._segment.__exit__(*error)
        super()._close(error)

    def _name(self) -> None:
        segment, layer = self._segment, self._layer
        source = segment.get_attributes().get("sentry.segment.name.source")
        if segment.name == _UNNAMED or source not in _NAMED_BY_ROUTE:
            segment.name, source = layer._get_segment_name_and_source(
                layer.transaction_style, self._request.scope
            )
            segment.set_attribute("sentry.segment.name.source", source)
