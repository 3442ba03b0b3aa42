"""Give a command an inbox that lives as long as it does, and point its Sentry settings there."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from typing import Iterator

from sentry_asgi_autoconf.cli.extra import require_extra
from sentry_asgi_autoconf.cli.path import PACKAGE_DIRECTORY, without_bootstrap
from sentry_asgi_autoconf.inbox import redirection

HOST = "127.0.0.1"


@contextlib.contextmanager
def attached(environment: dict[str, str]) -> Iterator[None]:
    """Start an inbox, direct `environment` to it; end it if this process cannot become the command.

    A process that becomes the command within keeps the inbox until it ends. Raises MissingExtraError.
    """
    require_extra()
    # Without exec this process stays, and no socket can be handed to a child by its number.
    inbox = _in_this_process() if os.name == "nt" else _in_a_child(environment)
    with inbox as url:
        _direct(environment, url)
        sys.stderr.write(f"sentry-asgi-autoconf: inbox at {url}/\n")
        yield


@contextlib.contextmanager
def _in_this_process() -> Iterator[str]:
    # The bootstrap may be on this process's path too, and must not instrument the inbox's own server.
    os.environ["SENTRY_ASGI_ENABLED"] = "false"
    from rich.console import Console

    from sentry_asgi_autoconf.inbox.server import BackgroundInbox
    from sentry_asgi_autoconf.inbox.terminal import Printer

    with BackgroundInbox(printer=Printer(Console(stderr=True))) as inbox:
        yield inbox.url


@contextlib.contextmanager
def _in_a_child(environment: dict[str, str]) -> Iterator[str]:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        listener.listen()  # what connects before the inbox is up waits
        port = listener.getsockname()[1]
        child = _start(listener, environment)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        child.terminate()
        child.wait()


def _start(listener: socket.socket, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    words = ["inbox", "--fd", str(listener.fileno()), "--parent", str(os.getpid())]
    uninstrumented = {
        **environment,
        "PYTHONPATH": without_bootstrap(environment.get("PYTHONPATH", "")),
        "SENTRY_ASGI_ENABLED": "false",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "sentry_asgi_autoconf", *words],
        # Importable from there whatever the path, and none of the app's modules shadows one of the inbox's.
        cwd=str(PACKAGE_DIRECTORY.parent),
        env=uninstrumented,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
        pass_fds=[listener.fileno()],
        # Ctrl-C is for the command; what it reports while it ends still arrives.
        start_new_session=True,
    )


def _direct(environment: dict[str, str], url: str) -> None:
    inbox = f"{url.replace('://', '://inbox@')}/1"
    redirection.tell_of(environment, inbox)
    environment.pop("SENTRY_SPOTLIGHT", None)
    environment["SENTRY_DSN"] = environment[redirection.VARIABLE] = inbox
    if not environment.get("SENTRY_TRACES_SAMPLER") and not environment.get("SENTRY_TRACES_SAMPLE_RATE"):
        environment["SENTRY_TRACES_SAMPLE_RATE"] = "1.0"
    _bypass_proxy(environment)


def _bypass_proxy(environment: dict[str, str]) -> None:
    if not any(environment.get(name) for name in ("http_proxy", "HTTP_PROXY")):
        return
    for name in ("no_proxy", "NO_PROXY"):
        hosts = [*environment.get(name, "").split(","), HOST]
        environment[name] = ",".join(host for host in hosts if host)
