"""Serve an app with the server of a name, on a port of its own, in one process."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any, Callable

import httpx

from tests.harness.server import Server, free_port, until

_BIN = Path(sys.executable).parent
# Those that the app is served by in one process, quickest to start; {port} and {app} are filled in.
COMMANDS = {
    "uvicorn": "uvicorn --port {port} {options} {app}",
    "hypercorn": "hypercorn -w 0 -b 127.0.0.1:{port} {options} {app}",
    "granian": "granian --interface asgi --port {port} {options} {app}",
    "gunicorn": "gunicorn -k asgi -b 127.0.0.1:{port} {options} {app}",
    "daphne": "daphne -p {port} {options} {app}",
}


def command(server: str, app: str, port: str, options: str = "") -> list[str]:
    """Return the command line."""
    script, *others = COMMANDS[server].format(port=port, app=app, options=options).split()
    return [str(_BIN / script), *others]


class Served:
    """A server that takes connections, and the client of a test."""

    def __init__(self, start: Callable[..., Server], words: list[str], port: str, **arguments: Any) -> None:
        """Start it and wait until it listens; further arguments are those of the `start` fixture."""
        self.server = start(words, **arguments)
        self.port = int(port)
        self.url = f"http://127.0.0.1:{port}"
        until(self._listens, f"{words[0]} to listen, in {self.server.output!r}")

    def _listens(self) -> bool:
        if self.server.process.poll() is not None:
            raise AssertionError(
                f"the server ended with {self.server.process.returncode}:\n{self.server.output}"
            )
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def client(self, deadline: float = 15.0, *, keep_alive: bool = False) -> httpx.Client:
        """Return a client whose requests fail after `deadline` seconds without an answer.

        Each has a connection of its own unless they are to share one, which a server may close after an error.
        """
        limits = httpx.Limits(max_keepalive_connections=1 if keep_alive else 0)
        return httpx.Client(base_url=self.url, timeout=deadline, trust_env=False, limits=limits)


def serve(start: Callable[..., Server], server: str, app: str, options: str = "", **arguments: Any) -> Served:
    """Serve `app` with the server of that name."""
    port = free_port()
    return Served(start, command(server, app, port, options), port, **arguments)
