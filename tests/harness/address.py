"""Reach a server at the address that it prints, whatever words it uses."""

from __future__ import annotations

import re
from typing import Any

import httpx

from tests.harness.server import DEADLINE, Server, until

_ADDRESS = re.compile(r"https?://[\w.]+:\d+")


def address(server: Server) -> str:
    """Wait for the address."""

    def printed() -> str | None:
        found = _ADDRESS.search(server.output)
        if found is None and server.process.poll() is not None:
            raise AssertionError(f"the server ended with {server.process.returncode}:\n{server.output}")
        return found[0] if found else None

    return str(until(printed, f"an address, in {server.output!r}"))


def request(server: Server, path: str, method: str = "GET", **arguments: Any) -> httpx.Response:
    """Send one request on a connection of its own."""
    with httpx.Client(timeout=DEADLINE, trust_env=False) as client:
        return client.request(method, address(server) + path, **arguments)
