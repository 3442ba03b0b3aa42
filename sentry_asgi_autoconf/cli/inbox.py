"""Serve the local inbox and print what arrives: by itself, or for as long as a command lives."""

from __future__ import annotations

import argparse
import contextlib
import ipaddress
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Callable, Iterator

from sentry_asgi_autoconf.cli.output import COUNT, PORT, flush, require_extra
from sentry_asgi_autoconf.cli.path import PACKAGE_DIRECTORY, other_entries
from sentry_asgi_autoconf.exceptions import AutoconfError

LOCAL = "127.0.0.1"


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
    add = parser.add_argument
    add("--host", default=LOCAL, help="address to listen on (default: %(default)s)")
    add("--port", type=PORT, default=8090, help="port; 0 takes any free port (default: %(default)s)")
    allowed = "answer requests to this host name, and from its pages; this machine's own names work anyway"
    add("--allow-host", action="append", default=[], metavar="NAME", help=allowed)
    kept = "items of each kind to keep (default: %(default)s); then the oldest is dropped, of errors the commonest's"
    add("--max-items", type=COUNT, default=1000, metavar="N", help=kept)
    add(
        "--store",
        metavar="FILE",
        help="keep the items in this file too, and show them again at the next start",
    )
    add("--json", action="store_true", help="print each item as one line of JSON")
    # For `run --inbox`: the socket it bound, and the process with which this one ends.
    add("--fd", type=COUNT, help=argparse.SUPPRESS)
    add("--parent", type=COUNT, help=argparse.SUPPRESS)
    parser.set_defaults(command=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until a signal, or the end of `--parent`.

    Raises MissingExtraError, CannotListenError and InboxFileError.
    """
    prepare()
    listening = _listening_socket(arguments)
    with contextlib.suppress(BrokenPipeError):
        _serve(listening, arguments)
    flush()
    return 0


def prepare() -> None:
    """Make sure that an inbox can be served in this process, and is not instrumented. Raises MissingExtraError."""
    # The bootstrap may be on this process's path too, and must not instrument the inbox's own server.
    os.environ["SENTRY_ASGI_ENABLED"] = "false"
    require_extra()


@contextlib.contextmanager
def attached(environment: dict[str, str], path: str | None = None) -> Iterator[None]:
    """Start an inbox that lasts as long as the command, and direct `environment` to it; `path` is its file.

    Raises MissingExtraError and InboxFileError.
    """
    require_extra()
    if path is not None:
        path = str(Path(path).absolute())  # the child's directory is another
        _archive(path).close()
    # Without exec this process stays, and no socket can be handed to a child by its number.
    inbox = _in_this_process(path) if os.name == "nt" else _in_a_child(environment, path)
    with inbox as url:
        _direct(environment, url)
        sys.stderr.write(f"sentry-asgi-autoconf: inbox at {url}/\n")
        yield


@contextlib.contextmanager
def _in_this_process(path: str | None) -> Iterator[str]:
    prepare()
    from rich.console import Console

    from sentry_asgi_autoconf.inbox.server import BackgroundInbox
    from sentry_asgi_autoconf.inbox.store import Store
    from sentry_asgi_autoconf.inbox.terminal import Printer

    printer, store = Printer(Console(stderr=True)), Store(archive=_archive(path))
    with contextlib.closing(store), BackgroundInbox(printer=printer, store=store) as inbox:
        yield inbox.url


@contextlib.contextmanager
def _in_a_child(environment: dict[str, str], path: str | None) -> Iterator[str]:
    elsewhere = [str(Path(entry).absolute()) for entry in other_entries(environment.get("PYTHONPATH", ""))]
    uninstrumented = {"PYTHONPATH": os.pathsep.join(elsewhere), "SENTRY_ASGI_ENABLED": "false"}
    with socket.socket() as listener:
        listener.bind((LOCAL, 0))
        listener.listen()  # what connects before the inbox is up waits
        url = f"http://{LOCAL}:{listener.getsockname()[1]}"
        words = ["inbox", "--fd", str(listener.fileno()), "--parent", str(os.getpid())]
        words += ["--store", path] if path else []
        child = subprocess.Popen(
            [sys.executable, "-m", "sentry_asgi_autoconf", *words],
            # Importable from there whatever the path, and none of the app's modules shadows one of the inbox's.
            cwd=str(PACKAGE_DIRECTORY.parent),
            env={**environment, **uninstrumented},
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),
            pass_fds=[listener.fileno()],
            # Ctrl-C is for the command; what it reports while it ends still arrives.
            start_new_session=True,
        )
    try:
        yield url
    finally:
        child.terminate()
        child.wait()


def _direct(environment: dict[str, str], url: str) -> None:
    from sentry_asgi_autoconf.inbox import redirection

    inbox = f"{url.replace('://', '://inbox@')}/1"
    redirection.tell_of(environment, inbox)
    environment.pop("SENTRY_SPOTLIGHT", None)
    environment["SENTRY_DSN"] = environment[redirection.VARIABLE] = inbox
    if not environment.get("SENTRY_TRACES_SAMPLER") and not environment.get("SENTRY_TRACES_SAMPLE_RATE"):
        environment["SENTRY_TRACES_SAMPLE_RATE"] = "1.0"
    if environment.get("http_proxy") or environment.get("HTTP_PROXY"):
        for name in ("no_proxy", "NO_PROXY"):
            environment[name] = ",".join(filter(None, [*environment.get(name, "").split(","), LOCAL]))


def _serve(listening: socket.socket, arguments: argparse.Namespace) -> None:
    # First of all: a signal may come at any time.
    stop = _stop_condition(arguments.parent)

    from rich.console import Console

    from sentry_asgi_autoconf.inbox.server import dsn_of, serve, url_of
    from sentry_asgi_autoconf.inbox.store import Store
    from sentry_asgi_autoconf.inbox.terminal import JsonLines, Printer

    url, store = url_of(listening), Store(max_items=arguments.max_items, archive=_archive(arguments.store))
    if arguments.parent is None:
        # With --json, stdout is for the program that reads the lines.
        stream = sys.stderr if arguments.json else sys.stdout
        print(f"Inbox at {url}/\nSENTRY_DSN={dsn_of(url)}", file=stream, flush=True)
        if not ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_loopback:
            warning = "Warning: the inbox has no authentication, and other machines can reach this address."
            print(warning, file=sys.stderr, flush=True)
    printer = JsonLines(sys.stdout) if arguments.json else Printer(Console(), url=url)
    with contextlib.closing(store):
        serve(
            listening, store=store, printer=printer, stop=stop, names=[arguments.host, *arguments.allow_host]
        )


def _archive(path: str | None) -> Any:
    if path is None:
        return None
    from sentry_asgi_autoconf.inbox.archive import Archive

    return Archive(path)


def _stop_condition(parent: int | None) -> Callable[[], bool]:
    asked = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    if parent is None:
        signal.signal(signal.SIGINT, lambda *_: asked.set())
        return asked.is_set
    # Ctrl-C reaches the served app too, which then still sends what it captured.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return lambda: asked.is_set() or os.getppid() != parent


def _listening_socket(arguments: argparse.Namespace) -> socket.socket:
    if arguments.fd is not None:
        try:
            return socket.socket(fileno=arguments.fd)
        except OSError as error:
            raise CannotListenError(f"--fd {arguments.fd} is not a socket ({error.strerror})") from None
    try:
        found = socket.getaddrinfo(arguments.host, arguments.port, type=socket.SOCK_STREAM)[0]
        listening = socket.socket(found[0], found[1])
        # Windows would let two processes share the port.
        if os.name == "posix":
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(found[4])
        listening.listen(128)
    except OSError as error:
        what = f"Cannot listen on {arguments.host}:{arguments.port}: {error.strerror or error}"
        remedy = "Choose another address with --host or --port; --port 0 takes any free port"
        raise CannotListenError(what, remedy=remedy) from None
    return listening
