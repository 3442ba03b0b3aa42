"""What is compared, and how each is started: its launcher, its variables, the app it serves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Callable, NamedTuple

from tests.benchmarks.environments import Environments
from tests.benchmarks.sink import Sink
from tests.harness.server import environment

APPS = Path(__file__).parent / "apps"


class Setting(NamedTuple):
    """What is asked of a product: a share of traces or errors alone, and what else differs from a usual set-up.

    Whether /health is left out of the traces, whether there is a release, by which sessions are kept, and whether
    each span is sent when it ends: what Sentry alone does. Others send as many traces as they would do without.
    """

    name: str
    rate: float | None = None
    excludes: bool = False
    has_release: bool = True
    streams: bool = False

    @property
    def sends_all(self) -> bool:
        """Whether something is sent for each request."""
        return self.rate == 1.0 and not self.excludes


ERRORS_ONLY = Setting("errors only")
NO_RELEASE = Setting("errors only, no release", has_release=False)
SOME_TRACES = Setting("traces 0.01", 0.01)
MORE_TRACES = Setting("traces 0.1", 0.1)
ALL_TRACES = Setting("traces 1.0", 1.0)
STREAMED = Setting("traces 1.0, streamed spans", 1.0, streams=True)
EXCLUDED = Setting("excluded path, traces 1.0", 1.0, excludes=True)


class Variant(NamedTuple):
    """One product, or none: `exports` is what the paths begin with to which it sends.

    `connects` is the path that it asks first, if it measures nothing until it has been answered.
    """

    name: str
    label: str
    product: str
    launcher: tuple[str, ...]
    variables: Callable[[Sink, Setting], dict[str, str]]
    exports: str
    connects: str = ""


class Started(NamedTuple):
    """How to run Python under a variant: the command up to Python's arguments, its environment, the app to serve."""

    python: list[str]
    environ: dict[str, str]
    app: str


def _raw(sink: Sink, setting: Setting) -> dict[str, str]:
    return {}


def _sentry(sink: Sink, setting: Setting) -> dict[str, str]:
    # Where none is set the SDK asks git for a release: for none at all there is no repository to find it in.
    release = {"SENTRY_RELEASE": "1.0"} if setting.has_release else {"GIT_DIR": os.devnull}
    return {"SENTRY_DSN": sink.dsn, "SENTRY_ENVIRONMENT": "benchmark", **release}


def _stock(sink: Sink, setting: Setting) -> dict[str, str]:
    rate = {} if setting.rate is None else {"BENCHMARK_RATE": str(setting.rate)}
    excluded = {"BENCHMARK_EXCLUDES": "1"} if setting.excludes else {}
    streamed = {"BENCHMARK_STREAMS": "1"} if setting.streams else {}
    return {**_sentry(sink, setting), **rate, **excluded, **streamed}


def _ours(sink: Sink, setting: Setting) -> dict[str, str]:
    rate = {} if setting.rate is None else {"SENTRY_TRACES_SAMPLE_RATE": str(setting.rate)}
    excluded = {"SENTRY_ASGI_EXCLUDED_PATHS": "/health*"} if setting.excludes else {}
    streamed = {"SENTRY_TRACE_LIFECYCLE": "stream"} if setting.streams else {}
    return {**_sentry(sink, setting), **rate, **excluded, **streamed}


def _opentelemetry(sink: Sink, setting: Setting) -> dict[str, str]:
    return {
        "OTEL_SERVICE_NAME": "benchmark",
        "OTEL_EXPORTER_OTLP_ENDPOINT": sink.url,
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "OTEL_TRACES_SAMPLER": "parentbased_traceidratio",
        "OTEL_TRACES_SAMPLER_ARG": str(setting.rate or 0),
    }


def _datadog(sink: Sink, setting: Setting) -> dict[str, str]:
    return {
        "DD_SERVICE": "benchmark",
        "DD_TRACE_AGENT_URL": sink.url,
        "DD_TRACE_SAMPLING_RULES": f'[{{"sample_rate": {setting.rate or 0}}}]',
        "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "false",
        "DD_REMOTE_CONFIGURATION_ENABLED": "false",
        "DD_CRASHTRACKING_ENABLED": "false",
    }


def _newrelic(sink: Sink, setting: Setting) -> dict[str, str]:
    if setting.rate is None:
        traces = {"NEW_RELIC_DISTRIBUTED_TRACING_ENABLED": "false", "NEW_RELIC_SPAN_EVENTS_ENABLED": "false"}
    else:
        ratio = "NEW_RELIC_DISTRIBUTED_TRACING_SAMPLER_ROOT_TRACE_ID_RATIO_BASED_RATIO"
        traces = {ratio: str(setting.rate)}
    return {
        "NEW_RELIC_APP_NAME": "benchmark",
        "NEW_RELIC_LICENSE_KEY": "0" * 40,
        "NEW_RELIC_HOST": "127.0.0.1",
        "NEW_RELIC_PORT": str(sink.tls_port),
        "NEW_RELIC_CA_BUNDLE_PATH": sink.authority,
        "NEW_RELIC_APPLICATION_LOGGING_ENABLED": "false",
        **traces,
    }


RAW = Variant("raw", "no instrumentation", "sentry", (), _raw, "")
STOCK = Variant("stock", "Sentry by hand", "sentry", (), _stock, "/api/1/envelope/")
OURS = Variant("ours", "sentry-asgi-autoconf", "sentry", (), _ours, "/api/1/envelope/")
PEERS = (
    Variant(
        "opentelemetry",
        "OpenTelemetry",
        "opentelemetry",
        ("opentelemetry-instrument",),
        _opentelemetry,
        "/v1/traces",
    ),
    Variant("datadog", "Datadog", "datadog", ("ddtrace-run",), _datadog, "/v0."),
    Variant(
        "newrelic",
        "New Relic",
        "newrelic",
        ("newrelic-admin", "run-program"),
        _newrelic,
        "/agent_listener/invoke_raw_method span_event_data",
        "/agent_listener/invoke_raw_method agent_settings",
    ),
)
SENTRY = (RAW, STOCK, OURS)
ALL = (*SENTRY, *PEERS)
LABELS = {variant.name: variant.label for variant in ALL}


def start(
    variant: Variant, setting: Setting, libraries: tuple[str, ...], app: str, of: Environments, sink: Sink
) -> Started:
    """Say how to run Python under `variant` beside `libraries`, and which app is `app` there."""
    python = of.python(libraries, variant.product)
    environ = environment(variant.variables(sink, setting), bootstrap=False)
    environ["BENCHMARK_UPSTREAM"] = f"{sink.url}/upstream"
    if variant is OURS:
        environ["PYTHONPATH"] = of.bootstrap(python)
    if variant is STOCK:
        environ["BENCHMARK_APP"], app = app, "by_hand"
    launcher = [str(Path(python).parent / name) for name in variant.launcher[:1]] + list(variant.launcher[1:])
    return Started([*launcher, python], environ, f"{app}:app")
