"""Every option of `sentry_sdk.init`, and `SENTRY_OPTIONS_JSON` for those that a newer SDK adds."""

from __future__ import annotations

from typing import Any, Mapping

from sentry_asgi_autoconf.provenance import Candidate, Origin
from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.kinds import Option, by_name

# By the headings of the settings reference, in its order. Each: name, kind, example; description.
# fmt: off
OPTION_GROUPS: Mapping[str, tuple[Option, ...]] = {
    "Destination and labels": (
        Option("dsn", kinds.DSN, "https://examplePublicKey@o0.ingest.sentry.io/0",
            "The address of your Sentry project: without it nothing is sent.", is_secret=True),
        Option("spotlight", kinds.BOOLEAN_OR_URL, "http://localhost:8969/stream",
            "Send everything to a local Spotlight too: true for its usual address, or its URL."),
        Option("environment", kinds.TEXT, "staging",
            "The deployment that events come from; production if unset."),
        Option("release", kinds.TEXT, "shop@1.4.2",
            "The version of your code; if unset, found from git or the host."),
        Option("dist", kinds.TEXT, "build-81", "The build of the release, if one release has several."),
        Option("server_name", kinds.TEXT, "web-1",
            "The name of this machine in events; its host name if unset."),
        Option("debug", kinds.BOOLEAN, "true",
            "Let the SDK print what it does, to find out why something does not arrive."),
    ),
    "Errors and breadcrumbs": (
        Option("sample_rate", kinds.RATE, "0.5", "The share of errors that is sent."),
        Option("error_sampler", kinds.REFERENCE, "myapp.sentry:error_rate",
            "A function of event and hint that returns the rate for one error, instead of the share."),
        Option("ignore_errors", kinds.ERRORS, "PermissionDenied,asyncio:TimeoutError",
            "Errors that are not sent; a class given by import string stands for its subclasses too."),
        Option("before_send", kinds.REFERENCE, "myapp.sentry:before_send",
            "A function of event and hint that returns the error event to send, or None to drop it."),
        Option("before_breadcrumb", kinds.REFERENCE, "myapp.sentry:before_breadcrumb",
            "A function of breadcrumb and hint that returns the breadcrumb to keep, or None."),
        Option("max_breadcrumbs", kinds.COUNT, "50", "How many breadcrumbs an event carries at most."),
        Option("attach_stacktrace", kinds.BOOLEAN, "true", "Attach a stack trace to messages too, not only to errors."),
        Option("max_value_length", kinds.COUNT, "1024", "Cut longer texts in an event to this many characters."),
        Option("custom_repr", kinds.REFERENCE, "myapp.sentry:custom_repr",
            "A function that returns the text for an object in an event, or None for the usual text."),
    ),
    "Stack traces": (
        Option("include_local_variables", kinds.BOOLEAN, "false", "Send the local variables of every frame."),
        Option("include_source_context", kinds.BOOLEAN, "false",
            "Send the source lines around the place of the error."),
        Option("add_full_stack", kinds.BOOLEAN, "true",
            "Send every frame since the process began, not only those since the error was caught."),
        Option("max_stack_frames", kinds.COUNT, "50", "How many frames a full stack has at most."),
        Option("in_app_include", kinds.NAMES, "myapp,shared_library",
            "Modules that are your code, by the beginning of their names."),
        Option("in_app_exclude", kinds.NAMES, "myapp.vendored",
            "Modules that are not your code, by the beginning of their names."),
        Option("project_root", kinds.FILE_PATH, "/srv/myapp",
            "The directory that holds your code; the working directory if unset."),
    ),
    "Tracing": (
        Option("traces_sample_rate", kinds.RATE, "0.2",
            "The share of requests that is traced; unset, nothing is traced."),
        Option("traces_sampler", kinds.REFERENCE, "myapp.sentry:traces_sampler",
            "A function of the sampling context that returns the rate for one trace."),
        Option("enable_tracing", kinds.BOOLEAN, "true",
            "Deprecated by the SDK: trace every request; set the share instead."),
        Option("trace_lifecycle", kinds.TRACE_LIFECYCLE, "stream",
            "Send a trace whole when it is complete (static), or each span as it ends (stream)."),
        Option("before_send_transaction", kinds.REFERENCE, "myapp.sentry:before_send_transaction",
            "A function of event and hint that returns the transaction to send, or None to drop it."),
        Option("before_send_span", kinds.REFERENCE, "myapp.sentry:before_send_span",
            "A function of span and hint that returns the span to send; for streamed spans only."),
        Option("ignore_spans", kinds.SPAN_RULES, '["GET /health", {"name": {"regex": "GET /static/.*"}}]',
            "Spans that are not recorded, by name, attributes or both; for streamed spans only."),
        Option("trace_ignore_status_codes", kinds.STATUS_CODES, "404,500-599",
            "Transactions that end in one of these status codes are not sent."),
        Option("trace_propagation_targets", kinds.PATTERNS, "https://api.internal/,^https://shop",
            "Outgoing requests carry the trace if their URL contains a match; unset, all do."),
        Option("strict_trace_continuation", kinds.BOOLEAN, "true",
            "Continue an incoming trace only if it comes from your own organization."),
        Option("org_id", kinds.TEXT, "4711", "The number of your Sentry organization, if the DSN does not contain it."),
        Option("propagate_traces", kinds.BOOLEAN, "false",
            "Deprecated by the SDK: pass the trace on to other services; name the targets instead."),
        Option("functions_to_trace", kinds.FUNCTIONS, "myapp.jobs.run,myapp.jobs.Report.build",
            "Functions and methods of your code that get a span each time they run."),
        Option("enable_db_query_source", kinds.BOOLEAN, "false",
            "Tell which line of your code has made a slow database query."),
        Option("db_query_source_threshold_ms", kinds.MILLISECONDS, "250",
            "A database query counts as slow after this many milliseconds."),
        Option("enable_http_request_source", kinds.BOOLEAN, "false",
            "Tell which line of your code has made a slow outgoing request."),
        Option("http_request_source_threshold_ms", kinds.MILLISECONDS, "250",
            "An outgoing request counts as slow after this many milliseconds."),
        Option("stream_gen_ai_spans", kinds.BOOLEAN, "false",
            "Send spans of language-model calls by themselves, so that long ones are kept."),
        Option("enable_backpressure_handling", kinds.BOOLEAN, "false",
            "Trace less while the process cannot keep up with sending."),
        Option("instrumenter", kinds.INSTRUMENTER, "otel", "Who makes the spans: the SDK itself, or OpenTelemetry."),
    ),
    "Profiling": (
        Option("profile_session_sample_rate", kinds.RATE, "1",
            "The share of processes that run the continuous profiler."),
        Option("profile_lifecycle", kinds.PROFILE_LIFECYCLE, "trace",
            "Profile while a request is traced (trace), or when your code starts the profiler (manual)."),
        Option("profiler_mode", kinds.PROFILER_MODE, "thread",
            "How the profiler samples: from a thread or from a gevent greenlet; sleep means thread."),
        Option("profiles_sample_rate", kinds.RATE, "0.1",
            "Deprecated by the SDK: the share of traced requests that gets a profile of its own."),
        Option("profiles_sampler", kinds.REFERENCE, "myapp.sentry:profiles_sampler",
            "Deprecated by the SDK: a function that returns that share for one request."),
    ),
    "Logs and metrics": (
        Option("enable_logs", kinds.BOOLEAN, "true", "Send log records to Sentry's logs."),
        Option("before_send_log", kinds.REFERENCE, "myapp.sentry:before_send_log",
            "A function of log and hint that returns the log to send, or None to drop it."),
        Option("enable_metrics", kinds.BOOLEAN, "false",
            "Send metrics that your code records; newer SDKs always send them."),
        Option("before_send_metric", kinds.REFERENCE, "myapp.sentry:before_send_metric",
            "A function of metric and hint that returns the metric to send, or None to drop it."),
    ),
    "Privacy": (
        Option("send_default_pii", kinds.BOOLEAN, "true",
            "Send personal data: cookies, authorization, client addresses, user names."),
        Option("data_collection", kinds.DATA_COLLECTION, '{"user_info": false, "http_bodies": []}',
            "What is collected, category by category; used in place of the personal-data switch."),
        Option("max_request_body_size", kinds.BODY_SIZE, "never", "Up to what size the body of a request is sent."),
        Option("event_scrubber", kinds.REFERENCE, "myapp.sentry:EventScrubber",
            "An object with a method scrub_event that takes secrets out of events, or its class."),
    ),
    "Integrations and experiments": (
        Option("integrations", kinds.INTEGRATIONS, "asyncio,myapp.sentry:QueueIntegration",
            "Integrations to use on top of those that the SDK finds by itself; asyncio reports errors of tasks "
            "in each event loop that serves."),
        Option("disabled_integrations", kinds.INTEGRATIONS, "logging,httpx",
            "Integrations that are not used, although the SDK would use them."),
        Option("default_integrations", kinds.BOOLEAN, "false",
            "Use the integrations that need no library, such as logging and threads."),
        Option("auto_enabling_integrations", kinds.BOOLEAN, "false",
            "Use the integration of every installed library that has one."),
        Option("experiments", kinds.MAPPING, '{"transport_http2": true}',
            "Features that the SDK does not promise to keep."),
    ),
    "Transport": (
        Option("http_proxy", kinds.PROXY_URL, "http://proxy.internal:3128",
            "The proxy between this process and Sentry.", is_secret=True),
        Option("https_proxy", kinds.PROXY_URL, "http://proxy.internal:3129",
            "The proxy for a DSN that begins with https, if it is a different one.", is_secret=True),
        Option("proxy_headers", kinds.TEXT_MAPPING, '{"Proxy-Authorization": "Basic dXNlcjpwYXNz"}',
            "Headers for the proxy, usually to log in there.", is_secret=True),
        Option("ca_certs", kinds.FILE_PATH, "/etc/ssl/certs/internal-ca.pem",
            "A PEM file of the authorities to trust, in place of the usual ones."),
        Option("cert_file", kinds.FILE_PATH, "/etc/ssl/client.pem",
            "A PEM file with the certificate that this process shows."),
        Option("key_file", kinds.FILE_PATH, "/etc/ssl/client-key.pem",
            "The PEM file with the key of that certificate."),
        Option("keep_alive", kinds.BOOLEAN, "true", "Keep the connection to Sentry alive with TCP keep-alive probes."),
        Option("socket_options", kinds.SOCKET_OPTIONS, '[["SOL_SOCKET", "SO_KEEPALIVE", 1]]',
            "Socket options of the connection to Sentry, by number or by name in Python's socket."),
        Option("shutdown_timeout", kinds.SECONDS, "5",
            "How many seconds the end of the process waits for events that are still to be sent."),
        Option("transport_queue_size", kinds.COUNT, "500",
            "How many events wait to be sent before further ones are dropped."),
        Option("transport", kinds.REFERENCE, "myapp.sentry:FileTransport",
            "Another way to send events: a class or instance of the SDK's Transport, or a function."),
        Option("send_client_reports", kinds.BOOLEAN, "false", "Tell Sentry how many events were dropped, and why."),
        Option("auto_session_tracking", kinds.BOOLEAN, "false",
            "Count requests with and without errors, for the release's health."),
    ),
}
OPTIONS_JSON = by_name(
    Option("options_json", kinds.MAPPING, '{"a_newer_option": true, "max_breadcrumbs": 50}',
        "Any options of sentry_sdk.init, known here or not; the other variables go before it.", is_secret=True),
)
# fmt: on
SDK_OPTIONS = by_name(*(option for group in OPTION_GROUPS.values() for option in group))

# Where the option's variable cannot be named like it.
_INIT_NAMES = {"experiments": "_experiments"}


def init_name(name: str) -> str:
    """Return the keyword argument of `sentry_sdk.init` for one of SDK_OPTIONS."""
    return _INIT_NAMES.get(name, name)


def field_of(init_name: str) -> str:
    """Return the name in SDK_OPTIONS for a keyword argument of `sentry_sdk.init`, known or not."""
    return next((name for name, option in _INIT_NAMES.items() if option == init_name), init_name)


def in_options_json(values: Mapping[str, Any], origins: Mapping[str, Origin]) -> dict[str, Candidate]:
    """Return the options in the object that was chosen for `SENTRY_OPTIONS_JSON`, each with its key there."""
    return {
        field_of(key): Candidate(value, origins["options_json"]._replace(key=init_name(field_of(key))))
        for key, value in values.get("options_json", {}).items()
    }
