"""What an OpenTelemetry collector receives of traces, by OTLP over HTTP: what arrives is decoded by its schema."""

from __future__ import annotations

import contextlib
import gzip
import http.server
from typing import Any, Iterator, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tests.harness.http_service import running
from tests.harness.server import until


class Collector(NamedTuple):
    """Where it listens, and the spans that have arrived there."""

    url: str
    spans: list[Any]

    def wait(self, name: str) -> Any:
        """Wait for the span of this name."""
        return until(lambda: next((each for each in self.spans if each.name == name), None), f"span {name}")


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Any

    def do_POST(self) -> None:
        """Take what an exporter sends, and refuse what a collector would refuse."""
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        is_known = self.path == "/v1/traces" and self.headers["content-type"] == "application/x-protobuf"
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans if is_known else ():
            for scope in resource.scope_spans:
                self.server.spans.extend(scope.spans)
        answer = ExportTraceServiceResponse().SerializeToString()
        self.send_response(200 if is_known else 404)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments: Any) -> None:
        """Say nothing."""


@contextlib.contextmanager
def collector() -> Iterator[Collector]:
    """Run one in a thread of the tests."""
    server: Any = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.spans = []
    with running(server):
        yield Collector(f"http://127.0.0.1:{server.server_port}/v1/traces", server.spans)
