"""An app in OpenTelemetry's own ASGI middleware: it fails within a span of its own, or tells what it would send on.

Where OpenTelemetry's own variable names a collector, it exports to it by itself.
"""

import os

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.asgi import OpenTelemetryMiddleware
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

if "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" in os.environ:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
tracer = trace.get_tracer("shop")


async def boom(request: Request) -> None:
    with tracer.start_as_current_span("charge"):
        raise RuntimeError("boom")


async def sent_on(request: Request) -> JSONResponse:
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return JSONResponse(carrier)


app = OpenTelemetryMiddleware(Starlette(routes=[Route("/boom", boom), Route("/sent-on", sent_on)]))
