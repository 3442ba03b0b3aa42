"""Serve one app in one mode, send it what every app of the matrix answers, and keep what arrived."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable

import httpx
from websockets.asyncio.client import connect, unix_connect
from websockets.exceptions import ConnectionClosed

from tests.harness.envelopes import Project
from tests.harness.server import BOOTSTRAP, DEADLINE, Server, free_port, until
from tests.servers.modes import KINDS, Mode

HEADERS = {"user-agent": "matrix", "accept": "text/plain", "x-custom": "kept"}


@dataclass
class Certificate:
    """Files of a certificate for 127.0.0.1."""

    key: Path
    certificate: Path


@dataclass
class Outcome:
    """What one run of a server sent, wrote and ended with."""

    events: list[Any] = field(default_factory=list)
    transactions: list[Any] = field(default_factory=list)
    output: str = ""
    status: int | None = None


class Running:
    """A server in one mode, and how it is reached."""

    def __init__(self, mode: Mode, module: str, directory: Path, certificate: Certificate) -> None:
        self.mode = mode
        self.port = free_port()
        # Not below the test's own directory: such a path may be too long for a socket.
        self.socket = str(directory / "s")
        self.fields = {
            "app": f"{module}:app",
            "module": module,
            "port": self.port,
            "socket": self.socket,
            "key": str(certificate.key),
            "certificate": str(certificate.certificate),
            "bootstrap": str(BOOTSTRAP),
        }

    def command(self) -> list[str]:
        """Return the command line."""
        return self.mode.words(**self.fields)

    def environ(self) -> dict[str, str]:
        """Return the mode's own variables."""
        return {name: value.format(**self.fields) for name, value in self.mode.environ.items()}

    def get(self, path: str) -> httpx.Response:
        """Request `path` on a connection of its own."""
        unix = self.mode.transport == "unix"
        transport = httpx.HTTPTransport(
            uds=self.socket if unix else None, verify=False, http2=self.mode.transport == "http/2"
        )
        scheme = "https" if self.mode.transport in ("https", "http/2") else "http"
        host = "localhost" if unix else f"127.0.0.1:{self.port}"
        with httpx.Client(transport=transport, timeout=DEADLINE, trust_env=False) as client:
            return client.get(f"{scheme}://{host}{path}", headers=HEADERS)

    def accepts(self, server: Server) -> bool:
        """Whether a connection can be made."""
        family, address = (socket.AF_INET, ("127.0.0.1", int(self.port)))
        if self.mode.transport == "unix":
            family, address = socket.AF_UNIX, self.socket  # type: ignore[assignment] # as the family has it
        if server.process.poll() is not None:
            raise AssertionError(f"the server ended with {server.process.returncode}:\n{server.output}")
        with socket.socket(family) as probe:
            return probe.connect_ex(address) == 0

    def converse(self, server: Server, *texts: str) -> None:
        """Send each text over a websocket of its own: "hello" is echoed, "boom" makes the app fail."""
        for text in texts:
            assert self.accepts(server), f"it no longer listens:\n{server.output}"
            asyncio.run(self._say(text))

    async def _say(self, text: str) -> None:
        # The client with threads reads and writes over TLS at once, which Python's ssl may hang for.
        async with self._websocket() as websocket:
            with contextlib.suppress(ConnectionClosed):
                await websocket.send(text)
                assert (await websocket.recv(), text) == ("hello", "hello")

    def _websocket(self) -> Any:
        if self.mode.transport == "unix":
            return unix_connect(self.socket, "ws://localhost/ws", proxy=None)
        if self.mode.transport == "tcp":
            return connect(f"ws://127.0.0.1:{self.port}/ws", proxy=None)
        unchecked = ssl.create_default_context()
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
        return connect(f"wss://127.0.0.1:{self.port}/ws", ssl=unchecked, proxy=None)


def exercise(
    running: Running, kind: str, start: Callable[..., Server], project: Project, **arguments: Any
) -> Outcome:
    """Start the server, send each request once, stop it, and give what arrived."""
    environ = {
        "SENTRY_DSN": project.dsn,
        "SENTRY_ASGI_LOG_LEVEL": "info",
        **running.environ(),
        **arguments.pop("environ", {}),
    }
    server = start(running.command(), environ, **arguments)
    ready = arguments["bootstrap"] or not running.mode.bootstrap_by_path
    outcome = Outcome()
    until(lambda: running.accepts(server), f"{running.mode.name} to listen, in {server.output!r}")
    if ready:
        until(
            lambda: server.output.count("is instrumented by") >= running.mode.serving,
            f"{running.mode.serving} wrapped apps, in {server.output!r}",
        )
    for number, path in enumerate(["/ok", "/boom", *_routes(kind)], start=1):
        assert running.get(path).status_code == (500 if path == "/boom" else 200), path
        project.wait("transaction", number)
    project.wait("event")
    if has_websocket(running.mode, kind):
        running.converse(server, "hello")
        # Another worker may have the second ended before the first.
        project.wait("transaction", number + 1)
        running.converse(server, "boom")
        project.wait("event", 2)
        project.wait("transaction", number + 2)
    outcome.status = server.stop()
    outcome.output = server.output
    outcome.events = [item["payload"] for item in project.items("event")]
    outcome.transactions = [item["payload"] for item in project.items("transaction")]
    return outcome


def has_websocket(mode: Mode, kind: str) -> bool:
    """Whether this cell converses over a websocket too."""
    return mode.websocket and kind in ("ASGI 3", "FastAPI")


def _routes(kind: str) -> list[str]:
    return [] if KINDS[kind][1] else ["/items/42?colour=red"]
