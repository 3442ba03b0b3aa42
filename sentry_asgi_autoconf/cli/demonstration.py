"""Serve the example app as a person would, with an inbox, send it requests, and tell what arrives and where to look."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import shlex
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Sequence

from rich.console import Console

from sentry_asgi_autoconf.cli.output import write
from sentry_asgi_autoconf.cli.path import BOOTSTRAP_DIRECTORY, PACKAGE_DIRECTORY, with_bootstrap
from sentry_asgi_autoconf.exceptions import AutoconfError
from sentry_asgi_autoconf.inbox.server import BackgroundInbox
from sentry_asgi_autoconf.inbox.spans import trace_id_of
from sentry_asgi_autoconf.inbox.terminal import Printer
from sentry_asgi_autoconf.inbox.tolerant import Item

PATHS = ("/", "/orders/7", "/orders/7/invoice", "/orders/8/invoice")
HOST = "127.0.0.1"
ARRIVAL_SECONDS, START_SECONDS, ANSWER_SECONDS, STOP_SECONDS = 15.0, 30.0, 10.0, 10.0


class ExampleServerError(AutoconfError):
    """The demo's server ended, or does not answer."""

    slug = "demo-failed"


def demonstrate(*, port: int, once: bool) -> int:
    """Serve the example and show what arrives, `once` or until Ctrl-C; return 0 if all did, else 1.

    Raises ExampleServerError.
    """
    return _demonstrate(_RememberingPrinter(Console(soft_wrap=True, highlight=False)), port=port, once=once)


def summary(*, port: int) -> int:
    """Do the same once, and print what arrived as one JSON object in place of all else."""
    printer = _RememberingPrinter(Console(quiet=True))
    status = _demonstrate(printer, port=port, once=True)
    write(json.dumps({"complete": status == 0, **printer.facts}, indent=1))
    return status


def _demonstrate(printer: _RememberingPrinter, *, port: int, once: bool) -> int:
    with BackgroundInbox(printer=printer) as inbox:
        if once:  # its pages are gone before anybody can look
            printer.url = ""
        settings = {
            "SENTRY_DSN": inbox.dsn(),
            "SENTRY_ENVIRONMENT": "demo",
            "SENTRY_RELEASE": "demo@1.0",
            "SENTRY_TRACES_SAMPLE_RATE": "1.0",
            # Where the example is a part of an installed package, its frames are its author's all the same.
            "SENTRY_IN_APP_INCLUDE": "main,gateway",
        }
        with _ExampleServer("main", settings, port) as shop:
            _serve(printer, shop)
            printer.tell(f"\nRequested of {shop.url}, and received by the inbox at {inbox.url}:\n")
            found = _arrived(printer, shop, PATHS)
            if found is None:
                return 1
            _point_out(printer, inbox.url, *found, once=once)
            with _ExampleServer("gateway", {**settings, "SHOP": shop.url}, 0) as gateway:
                if not _show_trace(printer, inbox.url, gateway, once=once):
                    return 1
                if not once:
                    again = f"Make it fail again: {gateway.url}{PATHS[-1]}"
                    printer.tell(f"\nAll that arrives: {inbox.url}/  {again}  Ctrl-C ends all.\n")
                    with contextlib.suppress(KeyboardInterrupt):
                        shop.process.wait()
    return 0


class _RememberingPrinter(Printer):
    """Hand on each item once it has been printed, so that what is told about it comes after."""

    def __init__(self, console: Console) -> None:
        super().__init__(console)
        self._printed: queue.Queue[Item] = queue.Queue()
        self.facts: dict[str, Any] = {"requests": [], "error": None, "transaction": None, "trace": None}

    def show(self, item: Item) -> None:
        super().show(item)
        self._printed.put(item)

    def tell(self, text: str, style: str | None = None) -> None:
        """Print a text of the demo's own, as it is: paths and values may hold what rich takes for markup."""
        self._console.print(text, style=style, markup=False)

    def wait(self, transactions: int) -> tuple[Item | None, list[Item]]:
        """Return an error and the transactions of its trace, so many, once all have been printed.

        What is there, when it takes too long.
        """
        items: list[Item] = []
        error, related = _error_and_transactions(items)
        deadline = time.monotonic() + ARRIVAL_SECONDS
        with contextlib.suppress(queue.Empty):
            while error is None or len(related) < transactions:
                items.append(self._printed.get(timeout=max(0.0, deadline - time.monotonic())))
                error, related = _error_and_transactions(items)
        return error, related


class _ExampleServer:
    """The server of an example app: uvicorn in a child process, the bootstrap on PYTHONPATH, settings beside it."""

    def __init__(self, module: str, settings: dict[str, str], port: int) -> None:
        """Take the app's module, the only SENTRY_* variables, and a port, 0 for any free one.

        Raises ExampleServerError.
        """
        # Inside an installed package, or beside the package in a checkout.
        installed = PACKAGE_DIRECTORY / "cli/example"
        checkout = PACKAGE_DIRECTORY.parent / "sitecustomize_example"
        self.directory = installed if installed.is_dir() else checkout
        self._port = _free_port(port)
        self.url = f"http://{HOST}:{self._port}"
        self.app = self.directory / f"{module}.py"
        self._words = ["uvicorn", f"{module}:app", "--port", str(self._port)]
        self._settings = settings
        self._scratch = tempfile.TemporaryDirectory(prefix="sentry-asgi-autoconf-")
        self._output = Path(self._scratch.name, "output")

    def __enter__(self) -> _ExampleServer:
        # Settings of the surrounding shell would make the demo show something else than its command says.
        names = (name for name in os.environ if not name.startswith(("SENTRY_", "UVICORN_")))
        inherited = {name: os.environ[name] for name in names if not name.lower().endswith("_proxy")}
        pythonpath = with_bootstrap(inherited.get("PYTHONPATH", ""))
        environment = {**inherited, **self._settings, "PYTHONPATH": pythonpath}
        with self._output.open("ab") as output:
            streams: Any = {"stdin": subprocess.DEVNULL, "stdout": output, "stderr": subprocess.STDOUT}
            words = [sys.executable, "-m", *self._words]
            self.process = subprocess.Popen(words, cwd=str(self.directory), env=environment, **streams)
        return self

    def __exit__(self, *failure: object) -> None:
        self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._scratch.cleanup()

    def command(self) -> str:
        settings = {"PYTHONPATH": BOOTSTRAP_DIRECTORY, **self._settings}
        lines = [f"cd {shlex.quote(str(self.directory))}"]
        lines += [f"{name}={shlex.quote(value)} \\" for name, value in settings.items()]
        return "\n".join([*lines, " ".join(map(shlex.quote, self._words))])

    def wait_until_serving(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise self._failure(f"The example's server ended with status {self.process.returncode}")
            with contextlib.suppress(OSError):
                return socket.create_connection((HOST, self._port), timeout=1).close()
            time.sleep(0.05)
        raise self._failure(f"The example's server did not come up within {START_SECONDS:.0f} s")

    def get(self, path: str) -> int:
        """Request `path` and return the status of the answer. Raises ExampleServerError if there is none."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # past any proxy
        try:
            with opener.open(self.url + path, timeout=ANSWER_SECONDS) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as answer:
            answer.close()
            return answer.code
        except OSError as error:
            raise self._failure(f"The example's server does not answer GET {path} ({error})") from error

    def output(self) -> str:
        return self._output.read_text(encoding="utf-8", errors="replace")

    def _failure(self, what: str) -> ExampleServerError:
        sys.stderr.write(self.output())
        return ExampleServerError(what, remedy="Its output is above.")


def _free_port(wanted: int) -> int:
    with socket.socket() as probe:
        if os.name == "posix":  # elsewhere it would allow to share the port with another server
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError as error:
            what = f"The example app cannot be served on --port {wanted}: {error.strerror}"
            raise ExampleServerError(what, remedy="Leave the option out to take any free port.") from error
        return int(probe.getsockname()[1])


def _serve(printer: _RememberingPrinter, server: _ExampleServer) -> None:
    printer.tell(f"\nAn app that knows nothing of Sentry: {server.app}")
    printer.tell("Served with Sentry, by hand:\n")
    printer.tell(_indented(server.command()), style="cyan")
    server.wait_until_serving()


def _show_trace(printer: _RememberingPrinter, inbox_url: str, gateway: _ExampleServer, *, once: bool) -> bool:
    """Request the same of a second service that asks the first, and tell of the one trace."""
    gateway.wait_until_serving()
    printer.tell(f"\nAnd through a second service, {gateway.app}, which asks the first:\n")
    found = _arrived(printer, gateway, PATHS[-1:], transactions=2)
    if found is None:
        return False
    error, _ = found
    printer.facts["trace"] = trace = trace_id_of(error)
    page = "" if once else f"\n\n  {inbox_url}/traces/{trace}"
    printer.tell(f"\nBoth services are in one trace, {trace}, with the error.{page}", style="green")
    return True


def _arrived(
    printer: _RememberingPrinter, server: _ExampleServer, paths: Sequence[str], transactions: int = 1
) -> tuple[Item, Item] | None:
    """Request the paths, and return the error and its transaction, None if they do not arrive, which is told."""
    for path in paths:
        status = server.get(path)
        printer.facts["requests"].append({"url": server.url + path, "status": status})
        printer.tell(f"  GET {path} answered {status}")
    error, related = printer.wait(transactions)
    if error and len(related) == transactions:
        return error, related[0]
    missing = "the error's transaction" if error else "an error event and its transaction"
    printer.tell(f"\nMissing after {ARRIVAL_SECONDS:.0f} s: {missing}.", style="red")
    printer.tell(f"The server's output:\n{_indented(server.output())}")
    return None


def _point_out(
    printer: _RememberingPrinter, inbox_url: str, error: Item, transaction: Item, *, once: bool
) -> None:
    exception = error["payload"]["exception"]["values"][-1]
    raised = f"{exception['type']}: {exception['value']}"
    printer.tell(f"\nArrived, without a line of code in the app: {raised}", style="green")
    name = transaction["payload"]["transaction"]
    printer.facts.update(error=raised, transaction=name)
    if not once:
        printer.tell(f"Look at\n\n  {inbox_url}/errors/{error['id']}  {raised}")
        printer.tell(f"  {inbox_url}/transactions/{transaction['id']}  {name}")


def _error_and_transactions(items: list[Item]) -> tuple[Item | None, list[Item]]:
    errors = (item for item in items if item["type"] == "event" and item["payload"].get("exception"))
    error = next(errors, None)
    trace = trace_id_of(error) if error else None
    return error, [item for item in items if item["type"] == "transaction" and trace_id_of(item) == trace]


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
