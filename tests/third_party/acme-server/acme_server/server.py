"""Serve an app over HTTP/1.1, one request a connection."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
from typing import Any
from urllib.parse import unquote

from acme_server.lifespan import Lifespan

logger = logging.getLogger("acme_server")


async def serve(app: Any) -> int | None:
    """Serve `app` until SIGINT or SIGTERM arrives, and give which; None if the app did not start."""
    lifespan = Lifespan(app)
    if not await lifespan.startup():
        return None
    asked: asyncio.Queue[int] = asyncio.Queue()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, asked.put_nowait, number)
    answering: set[Any] = set()

    async def answer(*streams: Any) -> None:
        answering.add(asyncio.current_task())
        await _answer(app, *streams)
        answering.discard(asyncio.current_task())

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    assert listening.sockets
    port = listening.sockets[0].getsockname()[1]
    print(f"acme-server is running on http://127.0.0.1:{port}", flush=True)
    print("Application startup complete", flush=True)
    number = await asked.get()
    listening.close()
    if answering:
        await asyncio.wait(answering)
    await lifespan.shutdown()
    return number


async def _answer(app: Any, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer), contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
        head = await reader.readuntil(b"\r\n\r\n")
        scope = _scope(head, writer)
        length = int(dict(scope["headers"]).get(b"content-length", 0))
        await _Exchange(app, scope, await reader.readexactly(length), reader, writer).run()


def _scope(head: bytes, writer: asyncio.StreamWriter) -> dict[str, Any]:
    request, *lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")
    method, target, version = request.split(" ")
    path, _, query = target.partition("?")
    fields = [line.split(":", 1) for line in lines]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": version.partition("/")[2],
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.strip().lower().encode(), value.strip().encode()) for name, value in fields],
        "client": writer.get_extra_info("peername"),
        "server": writer.get_extra_info("sockname"),
    }


class _Exchange:
    """One request and its response."""

    def __init__(
        self, app: Any, scope: Any, body: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._app = app
        self._reader = reader
        self._scope = scope
        self._messages = [{"type": "http.request", "body": body, "more_body": False}]
        self._writer = writer
        self._has_begun = False

    async def run(self) -> None:
        try:
            await self._app(self._scope, self._receive, self._send)
        except Exception:
            logger.exception("The app raised an error for %s", self._scope["path"])
            if not self._has_begun:
                self._begin(500, [])
        await self._writer.drain()

    async def _receive(self) -> Any:
        if self._messages:
            return self._messages.pop(0)
        await self._reader.read()  # until the client has left
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self._begin(message["status"], message.get("headers", []))
        else:
            self._writer.write(message.get("body", b""))
            if not message.get("more_body"):
                self._writer.write_eof()

    def _begin(self, status: int, headers: Any) -> None:
        self._has_begun = True
        lines = [b"HTTP/1.1 %d" % status, *(name + b": " + value for name, value in headers)]
        self._writer.write(b"\r\n".join([*lines, b"connection: close", b"", b""]))
