"""Show the whole of it at work: inbox, example app and uvicorn, joined by the bootstrap alone."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
from typing import TYPE_CHECKING, Iterator

from sentry_asgi_autoconf.cli.extra import require_extra

if TYPE_CHECKING:
    from argparse import _SubParsersAction


def add_parser(subparsers: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "demo",
        help="serve an example app and show what it reports",
        description="Serve an app that knows nothing of Sentry, send it requests, show what it reports.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--once", action="store_true", help="end then, with status 0 if an error and its transaction arrived"
    )
    parser.add_argument(
        "--port", type=_port, default=0, help="the example app's port (default: any free one)"
    )
    parser.set_defaults(command=run)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} is no port: 0 to 65535 are")
    return port


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; give 0 if an error and its transaction arrived, else 1."""
    require_extra()
    # The bootstrap may be on this process's path too, and must not instrument the inbox's own server.
    os.environ["SENTRY_ASGI_ENABLED"] = "false"
    from sentry_asgi_autoconf.cli.demonstration import demonstrate

    with _ending_on_sigterm():
        return demonstrate(port=arguments.port, once=arguments.once)


@contextlib.contextmanager
def _ending_on_sigterm() -> Iterator[None]:
    """Leave by SystemExit on SIGTERM, so that the example's server is ended too."""
    previous = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
