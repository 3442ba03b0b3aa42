"""Put into plain words what a receiver answers, or why it could not be reached."""

from __future__ import annotations

import json
import socket
import ssl
from typing import Any, Iterator

from urllib3 import exceptions

from sentry_asgi_autoconf.cli.checks.findings import Finding, error, ok, warning
from sentry_asgi_autoconf.console import mask, printable
from sentry_asgi_autoconf.import_strings import described

_UNLIMITED = -1.0
# By status: the name of the finding, and what it means.
_REFUSALS = {
    400: ("refused-event", "does not accept what the SDK sends: is it a receiver of Sentry's protocol?"),
    401: ("bad-key", "does not know the key of the DSN: copy the DSN from the project's settings"),
    403: ("bad-key", "does not accept the key of the DSN: copy the DSN from the project's settings"),
    404: ("no-project", "has no such project: it was removed, or the number in the DSN is another's"),
    407: ("proxy-refused", "is behind a proxy that asks for credentials: put them into the proxy's URL"),
    413: ("too-large", "accepts nothing of that size: raise its limit, or that of the proxy in front of it"),
}


class Limits:
    """The rate limits that a receiver has told of: seconds by category, the empty one for all."""

    def __init__(self) -> None:
        """Begin with none."""
        self._seconds: dict[str, float] = {}

    def read(self, response: Any) -> None:
        """Take in the headers of an answer, as the SDK does."""
        told = response.headers.get("X-Sentry-Rate-Limits")
        for limit in (told or "").split(","):
            seconds, *further = limit.strip().split(":")
            if seconds.isdigit():
                for category in (further[0] if further else "").split(";"):
                    self._seconds[category] = float(seconds)
        if response.status == 429 and not told:
            after = response.headers.get("Retry-After", "")
            self._seconds[""] = float(after) if after.isdigit() else 60.0

    def holds_back(self, category: str) -> bool:
        """Whether the SDK would send nothing of that category now."""
        return self.seconds(category) != _UNLIMITED

    def seconds(self, category: str) -> float:
        """For how long."""
        return max(self._seconds.get(category, _UNLIMITED), self._seconds.get("", _UNLIMITED))


def explain_answer(
    what: str, category: str, by: str, response: Any, limits: Limits, milliseconds: float
) -> Finding:
    """Explain an answer to one item of a category."""
    status = response.status
    if limits.holds_back(category):
        return explain_rate_limit(what, category, limits, f"the answer {status} of {by}")
    told = _read_json(response)
    if 200 <= status < 300:
        if "id" in told:
            return ok("delivered", f"{what} was accepted by {by} within {milliseconds:.0f} ms")
        return warning(
            "not-a-receiver",
            f"{by} answered {status} to {what}, but not as a receiver of Sentry's protocol does: is something else at"
            " this address?",
        )
    reason = response.headers.get("X-Sentry-Error") or told.get("detail")
    because = f" ({printable(str(reason), 120)})" if reason else ""
    if status >= 500:
        return error("receiver-failed", f"{by} failed with {status} at {what}{because}: try later.")
    slug, meaning = _REFUSALS.get(status, ("refused-event", "does not accept it"))
    return error(slug, f"{by} {meaning}. It answered {status} to {what}{because}.")


def explain_rate_limit(what: str, category: str, limits: Limits, where: str) -> Finding:
    """Say that a receiver takes nothing of a category for some time."""
    said = warning if category == "transaction" and not limits.holds_back("error") else error
    kind = "transactions" if category == "transaction" else "events"
    return said(
        "rate-limited",
        f"the receiver takes no {kind} for {limits.seconds(category):.0f} s, as {where} says, and the SDK sends none"
        f" until then. This concerns {what}. A quota is used up, or the receiver takes no {kind} at all.",
    )


def explain_failure(
    what: str, host: str, proxy: str | None, failure: BaseException, timeout: float
) -> Finding:
    """Explain why an item was not delivered to `host`."""
    causes = list(_causes(failure))
    slug, meaning = _meaning(causes, timeout)
    if not proxy or not any(isinstance(cause, exceptions.ProxyError) for cause in causes):
        return error(slug, f"{what} did not reach {host}{through(proxy)}: {meaning}.")
    refusal = next((str(cause) for cause in causes if "unnel connection failed" in str(cause)), "")
    if refusal:
        return error(
            "proxy-refused",
            f"the proxy {mask(proxy)} refused to pass {what} on ({refusal.rpartition('failed: ')[2][:60]}): check its"
            " credentials and what it permits, or name the host in NO_PROXY.",
        )
    return error(
        "proxy-unreachable",
        f"{what} did not reach the proxy {mask(proxy)}: {meaning}. Check SENTRY_HTTP_PROXY, SENTRY_HTTPS_PROXY, and"
        " the variables http_proxy and https_proxy.",
    )


def through(proxy: str | None) -> str:
    """Name a proxy without its credentials."""
    return f" (through the proxy {mask(proxy)})" if proxy else ""


def _read_json(response: Any) -> dict[str, Any]:
    try:
        told = json.loads(response.data.decode("utf-8", "replace"))
    except ValueError:
        told = None
    return told if isinstance(told, dict) else {}


def _meaning(causes: list[BaseException], timeout: float) -> tuple[str, str]:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = getattr(cause, "verify_message", "") or str(cause)
            return (
                "tls-untrusted",
                f"its certificate is not trusted ({reason}). Name the authority's file in SENTRY_CA_CERTS",
            )
        if isinstance(cause, socket.gaierror):
            meaning = "its name cannot be resolved. Check its spelling, and the DNS of this machine"
            return "unknown-host", meaning
        if isinstance(cause, exceptions.LocationParseError):
            meaning = "sentry-sdk cannot make a URL of it, nor of any IPv6 address. Use a host name"
            return "unknown-host", meaning
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
            f"the TLS handshake failed ({described(causes[-1])}). Does that port speak https, and are the certificate"
            " files readable?",
        )
    return "unreachable", f"the connection failed ({described(causes[-1])})"


def _causes(failure: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it; urllib3 has several places for that."""
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
