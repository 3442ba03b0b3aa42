"""Deliver a test event and a test transaction as the SDK would, and tell what becomes of each."""

from __future__ import annotations

import gzip
import os
import socket
import time
import uuid
from typing import Any, Iterator
from urllib.request import getproxies

import certifi
import sentry_sdk
import urllib3
from sentry_sdk.consts import VERSION
from sentry_sdk.envelope import Envelope
from sentry_sdk.integrations import DidNotEnable
from sentry_sdk.transport import Transport
from sentry_sdk.utils import Dsn

from sentry_asgi_autoconf.cli.checks import answers
from sentry_asgi_autoconf.cli.checks.findings import ERROR, Finding, from_problem, ok, warning
from sentry_asgi_autoconf.cli.checks.settings import is_tracing
from sentry_asgi_autoconf.exceptions import SdkError
from sentry_asgi_autoconf.integrations import event_loops
from sentry_asgi_autoconf.sdk import clients

_EVENT = "the test event"
_TRANSACTION = "the test transaction"
_NAME = "sentry-asgi-autoconf check"
_UNREACHED = (urllib3.exceptions.HTTPError, OSError, ValueError)


def examine(arguments: dict[str, Any], timeout: float, *, sends: bool, alone: bool) -> Iterator[Finding]:
    """Send both items to the DSN, or see whether it can be reached; alone, name the integrations too."""
    try:
        client = _RecordingClient(arguments)
    except SdkError as failure:
        yield from_problem(ERROR, failure)
        return
    if alone:
        yield ok("integrations", ", ".join(client.integrations()) or "none")
    transport = arguments.get("transport")
    has_receiver = arguments.get("dsn") and (transport is None or getattr(transport, "is_usual", False))
    if sends and not arguments.get("dsn"):
        yield warning("not-sent", "There is no DSN to send the test event to.")
    elif sends and not has_receiver:
        yield warning(
            "custom-transport",
            "The settings name a transport of their own, whose answers cannot be read: nothing was sent.",
        )
    elif has_receiver:
        receiver = _Receiver(client.options, timeout)
        yield from _send(client, receiver, is_tracing(arguments)) if sends else receiver.obstacles()


def _send(client: _RecordingClient, receiver: _Receiver, traces: bool) -> Iterator[Finding]:
    event = {"message": f"Test event of {_NAME}", "level": "info", "logger": _NAME}
    yield receiver.take(_EVENT, "error", client.envelope_of(event))
    if not traces:
        yield ok("not-sent", f"{_TRANSACTION} was not sent, as tracing is off")
    elif receiver.limits.holds_back("transaction"):
        where = "its answer to the event"
        yield answers.explain_rate_limit(_TRANSACTION, "transaction", receiver.limits, where)
    else:
        yield receiver.take(_TRANSACTION, "transaction", client.envelope_of(_transaction()))


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


class _Recorder(Transport):
    """Keep what the SDK would send."""

    def __init__(self) -> None:
        super().__init__()
        self.envelopes: list[Envelope] = []

    def capture_envelope(self, envelope: Envelope) -> None:
        self.envelopes.append(envelope)


class _RecordingClient:
    """Makes of an event what the SDK would send of it: sampled whatever chance says, unless the rate is 0."""

    def __init__(self, arguments: dict[str, Any]) -> None:
        """Make the client, which sets up integrations in this process. Raises SdkError."""
        self._recorder = _Recorder()
        disabled = arguments.get("disabled_integrations") or ()
        self._disabled = {getattr(each, "identifier", None) for each in disabled}
        given = {**arguments, "transport": self._recorder, "spotlight": False}
        if given.get("sample_rate"):
            given["sample_rate"] = 1.0
        try:
            with clients.bypass():
                event_loops.take_over()
                self._client = event_loops.make_client(lambda final: sentry_sdk.Client(**final), given)
        except (DidNotEnable, ImportError, TypeError, ValueError, Warning) as error:
            raise SdkError(
                f"sentry_sdk.init refuses the settings with {type(error).__name__}: {error}",
                remedy="Correct the option that it names, or remove it.",
            ) from error
        self.options: dict[str, Any] = self._client.options

    def integrations(self) -> list[str]:
        """Name the integrations that are set up, where their libraries are imported or where an app is served."""
        names = sorted(name for name in self._client.integrations if name not in self._disabled)
        return [
            f"{name} (in each asyncio loop that serves)" if name == event_loops.INTEGRATION else name
            for name in names
        ]

    def envelope_of(self, event: Any) -> Envelope | None:
        """Return the envelope of an event, None if a hook or a sampler drops it."""
        self._recorder.envelopes.clear()
        self._client.capture_event(event, scope=sentry_sdk.Scope())
        return self._recorder.envelopes[-1] if self._recorder.envelopes else None


class _Receiver:
    """What the DSN leads to."""

    def __init__(self, options: dict[str, Any], timeout: float) -> None:
        self._dsn = Dsn(options["dsn"])
        self._proxy = _proxy_for(options, self._dsn)
        self._options = options
        self._timeout = timeout
        self.limits = answers.Limits()

    def take(self, what: str, category: str, envelope: Envelope | None) -> Finding:
        """Send one envelope, and tell what became of it."""
        if envelope is None:
            return warning("dropped", f"{what} was dropped by a hook or a sampler that the settings name.")
        auth = self._dsn.to_auth(f"sentry.python/{VERSION}")
        headers = {
            "Content-Type": "application/x-sentry-envelope",
            "Content-Encoding": "gzip",
            "User-Agent": str(auth.client),
            "X-Sentry-Auth": auth.to_header(),
        }
        body = gzip.compress(envelope.serialize())
        begun = time.monotonic()
        try:
            response: Any = self._pool().request("POST", auth.get_api_url(), body=body, headers=headers)
        except _UNREACHED as error:
            return self._explain(what, error)
        self.limits.read(response)
        milliseconds = (time.monotonic() - begun) * 1000
        by = f"{self._dsn.netloc}{answers.through(self._proxy)}"
        return answers.explain_answer(what, category, by, response, self.limits, milliseconds)

    def obstacles(self) -> Iterator[Finding]:
        """Name, without sending anything, a host that cannot be used or resolved, and a proxy that does not answer."""
        try:
            urllib3.util.parse_url(self._dsn.to_auth().get_api_url())
            if self._proxy is None:
                socket.getaddrinfo(self._dsn.host, self._dsn.port)
            else:
                url = f"{self._dsn.scheme}://{self._dsn.netloc}/"
                self._pool().request("HEAD", url, redirect=False)
        except _UNREACHED as error:
            yield self._explain("a request", error)

    def _explain(self, what: str, error: BaseException) -> Finding:
        return answers.explain_failure(what, self._dsn.netloc, self._proxy, error, self._timeout)

    def _pool(self) -> Any:
        """Make connections as the SDK makes them of its options. Raises ValueError if the proxy's URL is not one."""
        options = self._options
        # Nothing is tried again: the first failure is what is to be told.
        given: dict[str, Any] = {
            "cert_reqs": "CERT_REQUIRED",
            "timeout": urllib3.Timeout(connect=self._timeout, read=self._timeout),
            "retries": urllib3.Retry(total=3, connect=0, read=0, status=0, redirect=3),
            "ca_certs": options["ca_certs"]
            or os.environ.get("SSL_CERT_FILE")
            or os.environ.get("REQUESTS_CA_BUNDLE")
            or certifi.where(),
            "cert_file": options.get("cert_file") or os.environ.get("CLIENT_CERT_FILE"),
            "key_file": options.get("key_file") or os.environ.get("CLIENT_KEY_FILE"),
        }
        if options.get("socket_options"):
            given["socket_options"] = options["socket_options"]
        if not self._proxy:
            return urllib3.PoolManager(**given)
        if options.get("proxy_headers"):
            given["proxy_headers"] = options["proxy_headers"]
        if not self._proxy.startswith("socks"):
            return urllib3.ProxyManager(self._proxy, **given)
        try:
            from urllib3.contrib.socks import SOCKSProxyManager
        except ImportError:  # the SDK goes without the proxy, too
            return urllib3.PoolManager(**given)
        return SOCKSProxyManager(self._proxy, **given)


def _proxy_for(options: dict[str, Any], dsn: Dsn) -> str | None:
    """Return the URL of the proxy through which the SDK sends to the DSN, None for none."""
    environment = getproxies()
    exempt = [host.strip() for host in environment.get("no", "").split(",")]
    if any(host and (dsn.host.endswith(host) or dsn.netloc.endswith(host)) for host in exempt):
        environment = {}
    for scheme in ("https", "http") if dsn.scheme == "https" else ("http",):
        named = options[f"{scheme}_proxy"]
        proxy = None if named == "" else named or environment.get(scheme)
        if proxy:
            return str(proxy)
    return None
