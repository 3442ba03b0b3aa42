"""Options that say which requests are traced, and what spans show."""

from typing import Optional

from pydantic import Field

from sentry_asgi_autoconf.settings import types
from sentry_asgi_autoconf.settings.base import Settings


class TracingOptions(Settings):
    """Tracing."""

    traces_sample_rate: Optional[types.Rate] = Field(
        None,
        description="The share of requests that is traced; unset, nothing is traced.",
        examples=["0.2"],
    )
    traces_sampler: Optional[types.Reference] = Field(
        None,
        description="A function of the sampling context that gives the rate for one trace.",
        examples=["myapp.sentry:traces_sampler"],
    )
    enable_tracing: Optional[types.Boolean] = Field(
        None,
        description="Deprecated by the SDK: trace every request; set the share instead.",
        examples=["true"],
    )
    trace_lifecycle: Optional[types.TraceLifecycle] = Field(
        None,
        description="Send a trace whole when it is complete (static), or each span as it ends (stream).",
        examples=["stream"],
    )
    before_send_transaction: Optional[types.Reference] = Field(
        None,
        description="A function of event and hint that gives the transaction to send, or None to drop it.",
        examples=["myapp.sentry:before_send_transaction"],
    )
    before_send_span: Optional[types.Reference] = Field(
        None,
        description="A function of span and hint that gives the span to send; for streamed spans only.",
        examples=["myapp.sentry:before_send_span"],
    )
    ignore_spans: Optional[types.SpanRules] = Field(
        None,
        description="Spans that are not recorded, by name, attributes or both; for streamed spans only.",
        examples=['["GET /health", {"name": {"regex": "GET /static/.*"}}]'],
    )
    trace_ignore_status_codes: Optional[types.StatusCodes] = Field(
        None,
        description="Transactions that end in one of these status codes are not sent.",
        examples=["404,500-599"],
    )
    trace_propagation_targets: Optional[types.Patterns] = Field(
        None,
        description="Outgoing requests carry the trace if their URL contains a match; unset, all do.",
        examples=["https://api.internal/,^https://shop"],
    )
    strict_trace_continuation: Optional[types.Boolean] = Field(
        None,
        description="Continue an incoming trace only if it comes from your own organization.",
        examples=["true"],
    )
    org_id: Optional[types.Text] = Field(
        None,
        description="The number of your Sentry organization, where the DSN does not tell it.",
        examples=["4711"],
    )
    propagate_traces: Optional[types.Boolean] = Field(
        None,
        description="Deprecated by the SDK: pass the trace on to other services; name the targets instead.",
        examples=["false"],
    )
    functions_to_trace: Optional[types.Functions] = Field(
        None,
        description="Functions and methods of your code that get a span each time they run.",
        examples=["myapp.jobs.run,myapp.jobs.Report.build"],
    )
    enable_db_query_source: Optional[types.Boolean] = Field(
        None,
        description="Tell the line of your code that a slow database query comes from.",
        examples=["false"],
    )
    db_query_source_threshold_ms: Optional[types.Milliseconds] = Field(
        None,
        description="From how many milliseconds on a database query is slow.",
        examples=["250"],
    )
    enable_http_request_source: Optional[types.Boolean] = Field(
        None,
        description="Tell the line of your code that a slow outgoing request comes from.",
        examples=["false"],
    )
    http_request_source_threshold_ms: Optional[types.Milliseconds] = Field(
        None,
        description="From how many milliseconds on an outgoing request is slow.",
        examples=["250"],
    )
    stream_gen_ai_spans: Optional[types.Boolean] = Field(
        None,
        description="Send spans of language-model calls by themselves, so that long ones are kept.",
        examples=["false"],
    )
    enable_backpressure_handling: Optional[types.Boolean] = Field(
        None,
        description="Trace less while the process cannot keep up with sending.",
        examples=["false"],
    )
    instrumenter: Optional[types.Instrumenter] = Field(
        None,
        description="Who makes the spans: the SDK itself, or OpenTelemetry.",
        examples=["otel"],
    )
