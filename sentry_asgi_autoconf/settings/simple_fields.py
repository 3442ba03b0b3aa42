"""What the text of each setting stands for that is read without its model.

A test holds both together: what is read here is what the model reads, under the same names, in the same order. Left out
are JSON objects, and the variables that name files.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping

from sentry_asgi_autoconf.settings import formats, paths
from sentry_asgi_autoconf.settings.simple_types import boolean, choice, count, names, rate, seconds, text

Reader = Callable[[str], Any]


def _log_level(value: str) -> Any:
    return choice("debug", "info", "warning", "error")(paths.log_level(value))


OPTIONS: Mapping[str, Reader] = {
    "http_proxy": formats.proxy_url,
    "https_proxy": formats.proxy_url,
    "ca_certs": text,
    "cert_file": text,
    "key_file": text,
    "keep_alive": boolean,
    "socket_options": formats.socket_options,
    "shutdown_timeout": seconds,
    "transport_queue_size": count,
    "transport": formats.reference,
    "send_client_reports": boolean,
    "auto_session_tracking": boolean,
    "integrations": formats.integrations,
    "disabled_integrations": formats.integrations,
    "default_integrations": boolean,
    "auto_enabling_integrations": boolean,
    "send_default_pii": boolean,
    "max_request_body_size": choice("never", "small", "medium", "always"),
    "event_scrubber": formats.reference,
    "enable_logs": boolean,
    "before_send_log": formats.reference,
    "enable_metrics": boolean,
    "before_send_metric": formats.reference,
    "profile_session_sample_rate": rate,
    "profile_lifecycle": choice("manual", "trace"),
    "profiler_mode": choice("thread", "gevent", "sleep"),
    "profiles_sample_rate": rate,
    "profiles_sampler": formats.reference,
    "traces_sample_rate": rate,
    "traces_sampler": formats.reference,
    "enable_tracing": boolean,
    "trace_lifecycle": choice("static", "stream"),
    "before_send_transaction": formats.reference,
    "before_send_span": formats.reference,
    "ignore_spans": formats.span_rules,
    "trace_ignore_status_codes": formats.status_codes,
    "trace_propagation_targets": formats.patterns,
    "strict_trace_continuation": boolean,
    "org_id": text,
    "propagate_traces": boolean,
    "functions_to_trace": formats.functions,
    "enable_db_query_source": boolean,
    "db_query_source_threshold_ms": count,
    "enable_http_request_source": boolean,
    "http_request_source_threshold_ms": count,
    "stream_gen_ai_spans": boolean,
    "enable_backpressure_handling": boolean,
    "instrumenter": choice("sentry", "otel"),
    "include_local_variables": boolean,
    "include_source_context": boolean,
    "add_full_stack": boolean,
    "max_stack_frames": count,
    "in_app_include": names,
    "in_app_exclude": names,
    "project_root": text,
    "sample_rate": rate,
    "error_sampler": formats.reference,
    "ignore_errors": formats.errors,
    "before_send": formats.reference,
    "before_breadcrumb": formats.reference,
    "max_breadcrumbs": count,
    "attach_stacktrace": boolean,
    "max_value_length": count,
    "custom_repr": formats.reference,
    "dsn": formats.dsn,
    "spotlight": formats.boolean_or_url,
    "environment": text,
    "release": text,
    "dist": text,
    "server_name": text,
    "debug": boolean,
}
OWN: Mapping[str, Reader] = {
    "enabled": boolean,
    "strict": boolean,
    "log_level": _log_level,
    "excluded_paths": paths.globs,
    "traces_sample_rates": paths.rates,
    "processes": choice("servers", "guarded", "all"),
    "integrations": choice("deferred", "eager"),
    "capture_5xx": boolean,
    "attachments": boolean,
    "user_fields": names,
    "watch": paths.modules,
    "disabled_servers": paths.distributions,
    "excluded_apps": paths.apps,
    "on_app_init": choice("merge", "keep", "replace"),
    "status_dir": text,
}
