"""Options that say what is traced and instrumented, and of profiles, logs and metrics."""

from __future__ import annotations

from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.option import Group, Option

TRACING = Group(
    "Tracing",
    (
        Option(
            "traces_sample_rate",
            kinds.RATE,
            "The share of requests that is traced; unset, nothing is traced.",
            "0.2",
        ),
        Option(
            "traces_sampler",
            kinds.REFERENCE,
            "A function of the sampling context that gives the rate for one trace.",
            "myapp.sentry:traces_sampler",
        ),
        Option(
            "enable_tracing",
            kinds.BOOLEAN,
            "Deprecated by the SDK: trace every request; set the share instead.",
            "true",
        ),
        Option(
            "trace_lifecycle",
            kinds.TRACE_LIFECYCLE,
            "Send a trace whole when it is complete (static), or each span as it ends (stream).",
            "stream",
        ),
        Option(
            "before_send_transaction",
            kinds.REFERENCE,
            "A function of event and hint that gives the transaction to send, or None to drop it.",
            "myapp.sentry:before_send_transaction",
        ),
        Option(
            "before_send_span",
            kinds.REFERENCE,
            "A function of span and hint that gives the span to send; for streamed spans only.",
            "myapp.sentry:before_send_span",
        ),
        Option(
            "ignore_spans",
            kinds.SPAN_RULES,
            "Spans that are not recorded, by name, attributes or both; for streamed spans only.",
            '["GET /health", {"name": {"regex": "GET /static/.*"}}]',
        ),
        Option(
            "trace_ignore_status_codes",
            kinds.STATUS_CODES,
            "Transactions that end in one of these status codes are not sent.",
            "404,500-599",
        ),
        Option(
            "trace_propagation_targets",
            kinds.PATTERNS,
            "Outgoing requests carry the trace if their URL contains a match; unset, all do.",
            "https://api.internal/,^https://shop",
        ),
        Option(
            "strict_trace_continuation",
            kinds.BOOLEAN,
            "Continue an incoming trace only if it comes from your own organization.",
            "true",
        ),
        Option(
            "org_id",
            kinds.TEXT,
            "The number of your Sentry organization, where the DSN does not tell it.",
            "4711",
        ),
        Option(
            "propagate_traces",
            kinds.BOOLEAN,
            "Deprecated by the SDK: pass the trace on to other services; name the targets instead.",
            "false",
        ),
        Option(
            "functions_to_trace",
            kinds.FUNCTIONS,
            "Functions and methods of your code that get a span each time they run.",
            "myapp.jobs.run,myapp.jobs.Report.build",
        ),
        Option(
            "enable_db_query_source",
            kinds.BOOLEAN,
            "Tell the line of your code that a slow database query comes from.",
            "false",
        ),
        Option(
            "db_query_source_threshold_ms",
            kinds.MILLISECONDS,
            "From how many milliseconds on a database query is slow.",
            "250",
        ),
        Option(
            "enable_http_request_source",
            kinds.BOOLEAN,
            "Tell the line of your code that a slow outgoing request comes from.",
            "false",
        ),
        Option(
            "http_request_source_threshold_ms",
            kinds.MILLISECONDS,
            "From how many milliseconds on an outgoing request is slow.",
            "250",
        ),
        Option(
            "stream_gen_ai_spans",
            kinds.BOOLEAN,
            "Send spans of language-model calls by themselves, so that long ones are kept.",
            "false",
        ),
        Option(
            "enable_backpressure_handling",
            kinds.BOOLEAN,
            "Trace less while the process cannot keep up with sending.",
            "false",
        ),
        Option(
            "instrumenter",
            kinds.INSTRUMENTER,
            "Who makes the spans: the SDK itself, or OpenTelemetry.",
            "otel",
        ),
    ),
)

PROFILING = Group(
    "Profiling",
    (
        Option(
            "profile_session_sample_rate",
            kinds.RATE,
            "The share of processes that run the continuous profiler.",
            "1",
        ),
        Option(
            "profile_lifecycle",
            kinds.PROFILE_LIFECYCLE,
            "Profile while a request is traced (trace), or when your code says so (manual).",
            "trace",
        ),
        Option(
            "profiler_mode",
            kinds.PROFILER_MODE,
            "How the profiler samples: from a thread or from a gevent greenlet; sleep means thread.",
            "thread",
        ),
        Option(
            "profiles_sample_rate",
            kinds.RATE,
            "Deprecated by the SDK: the share of traced requests that gets a profile of its own.",
            "0.1",
        ),
        Option(
            "profiles_sampler",
            kinds.REFERENCE,
            "Deprecated by the SDK: a function that gives that share for one request.",
            "myapp.sentry:profiles_sampler",
        ),
    ),
)

SIGNALS = Group(
    "Logs and metrics",
    (
        Option(
            "enable_logs",
            kinds.BOOLEAN,
            "Send log records to Sentry's logs.",
            "true",
        ),
        Option(
            "before_send_log",
            kinds.REFERENCE,
            "A function of log and hint that gives the log to send, or None to drop it.",
            "myapp.sentry:before_send_log",
        ),
        Option(
            "enable_metrics",
            kinds.BOOLEAN,
            "Send metrics that your code records; newer SDKs send them whatever it says.",
            "false",
        ),
        Option(
            "before_send_metric",
            kinds.REFERENCE,
            "A function of metric and hint that gives the metric to send, or None to drop it.",
            "myapp.sentry:before_send_metric",
        ),
    ),
)

INTEGRATIONS = Group(
    "Integrations and experiments",
    (
        Option(
            "integrations",
            kinds.INTEGRATIONS,
            "Integrations to use on top of those that the SDK finds by itself; asyncio reports errors"
            " of tasks in each event loop that serves.",
            "asyncio,myapp.sentry:QueueIntegration",
        ),
        Option(
            "disabled_integrations",
            kinds.INTEGRATIONS,
            "Integrations that are not used although the SDK would use them.",
            "logging,httpx",
        ),
        Option(
            "default_integrations",
            kinds.BOOLEAN,
            "Use the integrations that need no library, such as logging and threads.",
            "false",
        ),
        Option(
            "auto_enabling_integrations",
            kinds.BOOLEAN,
            "Use the integration of every installed library that has one.",
            "false",
        ),
        Option(
            "experiments",
            kinds.MAPPING,
            "Features that the SDK does not promise to keep.",
            '{"transport_http2": true}',
        ),
    ),
)
