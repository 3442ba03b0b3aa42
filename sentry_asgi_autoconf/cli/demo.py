"""Show the whole of it at work: inbox, example app and uvicorn, joined by the bootstrap alone."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any

from sentry_asgi_autoconf.cli.inbox import prepare
from sentry_asgi_autoconf.cli.output import PORT


def add_parser(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser(
        "demo",
        help="serve an example app and show what it reports",
        description="Serve an app that knows nothing of Sentry, send it requests, show what it reports.",
        allow_abbrev=False,
    )
    once = "end after that, with status 0 if an error and its transaction arrived"
    parser.add_argument("--once", action="store_true", help=once)
    as_json = "print one JSON object of what arrived, and nothing else; as --once"
    parser.add_argument("--json", action="store_true", help=as_json)
    port = "the example app's port (default: any free one)"
    parser.add_argument("--port", type=PORT, default=0, help=port)
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Run the demo; return 0 if an error and its transaction arrived, else 1."""
    prepare()
    from sentry_asgi_autoconf.cli.demonstration import demonstrate, summary

    # By SystemExit, so that the example's server is ended too.
    previous = signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        if arguments.json:
            return summary(port=arguments.port)
        return demonstrate(port=arguments.port, once=arguments.once)
    finally:
        signal.signal(signal.SIGTERM, previous)
