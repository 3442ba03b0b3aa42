"""Put into plain words why a receiver could not be reached."""

from __future__ import annotations

import socket
import ssl
from typing import Any, Iterator

from urllib3 import exceptions

from sentry_asgi_autoconf.cli.checks.answers import through
from sentry_asgi_autoconf.cli.checks.finding import Finding, error
from sentry_asgi_autoconf.console import mask
from sentry_asgi_autoconf.import_strings import described


def finding(what: str, host: str, proxy: str | None, failure: BaseException, timeout: float) -> Finding:
    """Tell why an item was not delivered to `host`."""
    causes = list(_causes(failure))
    if proxy and any(isinstance(cause, exceptions.ProxyError) for cause in causes):
        return _of_proxy(what, proxy, causes, timeout)
    to = f"{host}{through(proxy)}"
    slug, meaning = _meaning(causes, timeout)
    return error(slug, f"{what} did not reach {to}: {meaning}.")


def _of_proxy(what: str, proxy: str, causes: list[BaseException], timeout: float) -> Finding:
    refusal = next((str(cause) for cause in causes if "unnel connection failed" in str(cause)), "")
    if refusal:
        return error(
            "proxy-refused",
            f"the proxy {mask(proxy)} refused to pass {what} on ({refusal.rpartition('failed: ')[2][:60]}): check its"
            " credentials and what it permits, or except the host by NO_PROXY.",
        )
    _, meaning = _meaning(causes, timeout)
    return error(
        "proxy-unreachable",
        f"{what} did not reach the proxy {mask(proxy)}: {meaning}. Check SENTRY_HTTP_PROXY, SENTRY_HTTPS_PROXY, and"
        " the variables http_proxy and https_proxy.",
    )


def _meaning(causes: list[BaseException], timeout: float) -> tuple[str, str]:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = getattr(cause, "verify_message", "") or str(cause)
            return (
                "tls-untrusted",
                f"its certificate is not trusted ({reason}). Name the authority's file in SENTRY_CA_CERTS",
            )
        if isinstance(cause, socket.gaierror):
            return (
                "unknown-host",
                "its name cannot be resolved. Check its spelling, and the DNS of this machine",
            )
        if isinstance(cause, ConnectionRefusedError):
            return "unreachable", "the connection was refused, as nothing listens there. Check host and port"
    if any(isinstance(cause, (exceptions.TimeoutError, socket.timeout)) for cause in causes):
        return (
            "timeout",
            f"there was no answer within {timeout:g} s. A firewall drops such packets; a proxy may be needed",
        )
    if any(isinstance(cause, (ssl.SSLError, exceptions.SSLError)) for cause in causes):
        return (
            "tls-failed",
            f"TLS could not be agreed on ({described(causes[-1])}). Is it https there, and are the certificates'"
            " files readable?",
        )
    return "unreachable", f"the connection failed ({described(causes[-1])})"


def _causes(failure: BaseException) -> Iterator[BaseException]:
    """Give an error and what led to it; urllib3 has several places for that."""
    pending: list[Any] = [failure]
    seen: list[Any] = []
    while pending:
        cause = pending.pop(0)
        if isinstance(cause, BaseException) and not any(cause is each for each in seen):
            seen.append(cause)
            yield cause
            names = ("reason", "original_error", "__cause__", "__context__")
            pending += [getattr(cause, name, None) for name in names]
            pending += [part for part in cause.args if isinstance(part, BaseException)]
