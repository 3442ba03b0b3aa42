"""Receivers of every kind, over real sockets: ones that refuse, ones that never answer, proxies."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Iterator, Mapping

ACCEPTED = '{"id":"f00"}'


class Receiver:
    """An HTTP server that gives each request the next of its answers, the last one for ever."""

    def __init__(self, *answers: tuple[int, Mapping[str, str], str], context: ssl.SSLContext | None = None):
        self._answers = list(answers)
        self.requests: list[dict[str, Any]] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.requests.append(
                    {
                        "path": self.path,
                        "headers": dict(self.headers),
                        "type": json.loads(gzip.decompress(body).splitlines()[1])["type"],
                    }
                )
                self._answer()

            def do_CONNECT(self) -> None:
                receiver.requests.append({"path": self.path, "headers": dict(self.headers), "type": None})
                self._answer()

            def _answer(self) -> None:
                status, headers, text = receiver._next()
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(text))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if context is not None:
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def _next(self) -> tuple[int, Mapping[str, str], str]:
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]

    def __enter__(self) -> Receiver:
        return self

    def __exit__(self, *failure: object) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def black_hole() -> Iterator[int]:
    """Yield a port that takes connections, and never answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """Yield a port at which nothing listens, and nothing can."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]
