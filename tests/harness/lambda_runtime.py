"""Play AWS Lambda: its Runtime API over HTTP, and the freezing of the process as soon as it has answered."""

from __future__ import annotations

import json
import os
import queue
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Mapping

from tests.harness.server import APPS, DEADLINE, Server

RUNTIME_CLIENT = ("-m", "awslambdaric")
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:f"
REQUEST_ID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"


class Lambda:
    """A Lambda function: a process with AWS's runtime client, frozen but while it handles an event."""

    def __init__(
        self,
        start: Callable[..., Server],
        handler: str,
        environ: Mapping[str, str | None] | None = None,
        *,
        client: tuple[str, ...] = RUNTIME_CLIENT,
        wrapper: tuple[str, ...] = (),
        python: str = sys.executable,
        cwd: Path = APPS,
        **arguments: Any,
    ) -> None:
        self._events: queue.Queue[Any] = queue.Queue()
        self.timeout = 2**31  # seconds that an event may take
        self.answers: queue.Queue[tuple[str, Any]] = queue.Queue()
        self._api = ThreadingHTTPServer(("127.0.0.1", 0), self._handler_class())
        self._api.daemon_threads = True
        threading.Thread(target=self._api.serve_forever, daemon=True).start()
        variables = {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self._api.server_port}",
            "AWS_LAMBDA_FUNCTION_NAME": "function",
            **(environ or {}),
        }
        self.process = start([*wrapper, python, *client, handler], variables, cwd=cwd, **arguments)

    def invoke(self, event: Any) -> tuple[str, Any]:
        """Hand in one event; give "response" or "error", and what was posted. The process is frozen by then."""
        self.process.process.send_signal(signal.SIGCONT)
        self._events.put(event)
        return self.answers.get(timeout=DEADLINE)

    def close(self) -> None:
        """End the process, which can do nothing about it, and the API."""
        self.process.kill()
        self.process.process.wait()
        self._api.shutdown()
        self._api.server_close()

    def _handler_class(self) -> type[BaseHTTPRequestHandler]:
        function = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(function._events.get()).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("Lambda-Runtime-Aws-Request-Id", REQUEST_ID)
                deadline = time.time() + function.timeout
                self.send_header("Lambda-Runtime-Deadline-Ms", str(int(deadline * 1000)))
                self.send_header("Lambda-Runtime-Invoked-Function-Arn", ARN)
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                os.kill(function.process.process.pid, signal.SIGSTOP)
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()
                function.answers.put((self.path.rpartition("/")[2], body))

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        return Handler


def api_gateway_2(path: str, query: str = "") -> dict[str, Any]:
    """Return an event of an HTTP API or a function URL."""
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "example.com", "x-forwarded-proto": "https", "user-agent": "gateway"},
        "requestContext": {
            "http": {"method": "GET", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
            "stage": "$default",
        },
        "isBase64Encoded": False,
    }


def api_gateway_1(path: str) -> dict[str, Any]:
    """Return an event of a REST API."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": "GET",
        "headers": {"Host": "example.com", "X-Forwarded-Proto": "https"},
        "multiValueHeaders": {"Host": ["example.com"], "X-Forwarded-Proto": ["https"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {"resourcePath": "/{proxy+}", "identity": {"sourceIp": "127.0.0.1"}},
        "body": None,
        "isBase64Encoded": False,
    }


def load_balancer(path: str) -> dict[str, Any]:
    """Return an event of an application load balancer."""
    return {
        "requestContext": {
            "elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/t"}
        },
        "httpMethod": "GET",
        "path": path,
        "queryStringParameters": {},
        "headers": {"host": "example.com", "x-forwarded-proto": "https", "x-forwarded-for": "127.0.0.1"},
        "body": "",
        "isBase64Encoded": False,
    }
