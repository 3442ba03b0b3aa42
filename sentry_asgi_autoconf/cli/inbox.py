"""Serve the local inbox and print what arrives."""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import os
import signal
import socket
import sys
import threading
from typing import Any, Callable, TextIO

from sentry_asgi_autoconf.cli.extra import require_extra
from sentry_asgi_autoconf.exceptions import AutoconfError


class CannotListenError(AutoconfError):
    """An address or descriptor that cannot be served on."""

    slug = "cannot-listen"


def add_parser(subparsers: Any) -> None:
    """Register the `inbox` command."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "inbox",
        help="receive and show events locally, without a Sentry account",
        description="Receive what Sentry's SDKs send, print it, and show it on web pages.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument(
        "--port", type=_port, default=8090, help="0 takes any free one (default: %(default)s)"
    )
    parser.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="answer to this host name, and to pages from there; to this machine's own it does anyway",
    )
    parser.add_argument(
        "--max-items",
        type=_count,
        default=1000,
        metavar="N",
        help="items to keep; then the oldest of the kind with the most goes (default: %(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="print each item as one line of JSON")
    # For `run --inbox`: the socket it bound, and the process with which this one ends.
    parser.add_argument("--fd", type=_count, help=argparse.SUPPRESS)
    parser.add_argument("--parent", type=_count, help=argparse.SUPPRESS)
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal, or the end of `--parent`; return the exit status.

    Raises MissingExtraError and CannotListenError.
    """
    # The bootstrap may be on this process's path too, and must not instrument the inbox's own server.
    os.environ["SENTRY_ASGI_ENABLED"] = "false"
    require_extra()
    listening = _listening_socket(arguments)
    with contextlib.suppress(BrokenPipeError):
        _serve(listening, arguments)
    _let_go_of_closed_output()
    return 0


def _serve(listening: socket.socket, arguments: argparse.Namespace) -> None:
    # First of all: a signal may come at any time.
    stop = _stop_condition(arguments.parent)

    from rich.console import Console

    from sentry_asgi_autoconf.inbox.server import serve, url_of
    from sentry_asgi_autoconf.inbox.store import Store
    from sentry_asgi_autoconf.inbox.terminal import JsonLines, Printer

    if arguments.parent is None:
        # With --json, stdout is for the program that reads the lines.
        _announce(listening, sys.stderr if arguments.json else sys.stdout)
    printer = JsonLines(sys.stdout) if arguments.json else Printer(Console(), url=url_of(listening))
    store = Store(max_items=arguments.max_items)
    serve(listening, store=store, printer=printer, stop=stop, names=[arguments.host, *arguments.allow_host])


def _announce(listening: socket.socket, stream: TextIO) -> None:
    from sentry_asgi_autoconf.inbox.server import dsn_of, url_of

    url = url_of(listening)
    print(f"Inbox at {url}/\nSENTRY_DSN={dsn_of(url)}", file=stream, flush=True)
    if not ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback:
        print(
            "Warning: the inbox has no authentication, and other machines can reach this address.",
            file=sys.stderr,
            flush=True,
        )


def _stop_condition(parent: int | None) -> Callable[[], bool]:
    asked = threading.Event()

    def ask(*_: object) -> None:
        asked.set()

    signal.signal(signal.SIGTERM, ask)
    if parent is None:
        signal.signal(signal.SIGINT, ask)
        return asked.is_set
    # Ctrl-C reaches the served app too, which then still sends what it captured.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return lambda: asked.is_set() or os.getppid() != parent


def _listening_socket(arguments: argparse.Namespace) -> socket.socket:
    if arguments.fd is not None:
        try:
            return socket.socket(fileno=arguments.fd)
        except OSError as error:
            raise CannotListenError(f"--fd {arguments.fd} is no socket ({error.strerror})") from None
    where = f"{arguments.host}:{arguments.port}"
    try:
        found = socket.getaddrinfo(arguments.host, arguments.port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(found[0], found[1])
        # Windows would let two processes share the port.
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(found[4])
        listening.listen(128)
    except OSError as error:
        raise CannotListenError(
            f"Cannot listen on {where}: {error.strerror or error}",
            remedy="Choose another address with --host or --port; --port 0 takes any free port",
        ) from None
    return listening


def _let_go_of_closed_output() -> None:
    """Flush stdout, or point it nowhere when its reader has gone: the interpreter would complain at exit."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _port(text: str) -> int:
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError("must be between 0 and 65535")
    return number


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must be 0 or more")
    return number
