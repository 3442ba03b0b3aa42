"""Deliver a test event and a test transaction as the SDK would, and tell what becomes of each."""

from __future__ import annotations

import gzip
import socket
import time
import uuid
from typing import Any, Iterator

import urllib3
from sentry_sdk.consts import VERSION
from sentry_sdk.envelope import Envelope
from sentry_sdk.utils import Dsn

from sentry_asgi_autoconf.cli.checks import answers, failed_requests, http_pool
from sentry_asgi_autoconf.cli.checks.finding import Finding, ok, warning
from sentry_asgi_autoconf.cli.checks.sdk_client import RecordingClient
from sentry_asgi_autoconf.cli.checks.settings import is_tracing

_EVENT = "the test event"
_TRANSACTION = "the test transaction"
_NAME = "sentry-asgi-autoconf check"


def findings(client: RecordingClient, arguments: dict[str, Any], timeout: float) -> Iterator[Finding]:
    """Send both to the DSN of the settings, and wait at most `timeout` seconds for each answer."""
    if not arguments.get("dsn"):
        yield warning("not-sent", "There is no DSN to send the test event to.")
        return
    if arguments.get("transport") is not None:
        yield warning(
            "custom-transport",
            "The settings name a transport of their own, whose answers cannot be read: nothing was sent.",
        )
        return
    receiver = _Receiver(client.options, timeout)
    yield receiver.take(_EVENT, "error", client.envelope_of(_event()))
    if not is_tracing(arguments):
        yield ok("not-sent", f"{_TRANSACTION} was not sent, as tracing is off")
    elif receiver.limits.holds_back("transaction"):
        yield answers.rate_limited(_TRANSACTION, "transaction", receiver.limits, "its answer to the event")
    else:
        yield receiver.take(_TRANSACTION, "transaction", client.envelope_of(_transaction()))


def obstacles(client: RecordingClient, arguments: dict[str, Any], timeout: float) -> Iterator[Finding]:
    """Name, without sending anything, a host that cannot be resolved, and a proxy that does not answer."""
    if arguments.get("dsn") and arguments.get("transport") is None:
        found = _Receiver(client.options, timeout).obstacle()
        if found is not None:
            yield found


class _Receiver:
    """What the DSN leads to."""

    def __init__(self, options: dict[str, Any], timeout: float) -> None:
        self._dsn = Dsn(options["dsn"])
        self._auth = self._dsn.to_auth(f"sentry.python/{VERSION}")
        self._options = options
        self._timeout = timeout
        self.limits = answers.Limits()

    def take(self, what: str, category: str, envelope: Envelope | None) -> Finding:
        """Send one envelope, and tell what became of it."""
        if envelope is None:
            return warning("dropped", f"{what} was dropped by a hook or a sampler that the settings name.")
        host = self._dsn.netloc
        proxy = http_pool.proxy_for(self._options, self._dsn)
        begun = time.monotonic()
        try:
            response: Any = self._send(envelope, proxy)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return failed_requests.finding(what, host, proxy, error, self._timeout)
        self.limits.read(response)
        milliseconds = (time.monotonic() - begun) * 1000
        return answers.finding(what, category, host, proxy, response, self.limits, milliseconds)

    def obstacle(self) -> Finding | None:
        """Ask the proxy for the host, or where there is none, the DNS."""
        proxy = http_pool.proxy_for(self._options, self._dsn)
        try:
            if proxy is None:
                socket.getaddrinfo(self._dsn.host, self._dsn.port)
            else:
                url = f"{self._dsn.scheme}://{self._dsn.netloc}/"
                http_pool.make(self._options, proxy, self._timeout).request("HEAD", url, redirect=False)
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            return failed_requests.finding("a request", self._dsn.netloc, proxy, error, self._timeout)
        return None

    def _send(self, envelope: Envelope, proxy: str | None) -> Any:
        headers = {
            "Content-Type": "application/x-sentry-envelope",
            "Content-Encoding": "gzip",
            "User-Agent": str(self._auth.client),
            "X-Sentry-Auth": self._auth.to_header(),
        }
        pool = http_pool.make(self._options, proxy, self._timeout)
        body = gzip.compress(envelope.serialize())
        return pool.request("POST", self._auth.get_api_url(), body=body, headers=headers)


def _event() -> dict[str, Any]:
    return {"message": f"Test event of {_NAME}", "level": "info", "logger": _NAME}


def _transaction() -> dict[str, Any]:
    now = time.time()
    trace = {"trace_id": uuid.uuid4().hex, "span_id": uuid.uuid4().hex[:16], "op": "test", "status": "ok"}
    return {
        "type": "transaction",
        "transaction": _NAME,
        "transaction_info": {"source": "custom"},
        "contexts": {"trace": trace},
        "start_timestamp": now - 0.001,
        "timestamp": now,
        "spans": [],
    }
