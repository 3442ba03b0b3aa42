"""Put into plain words what a receiver answers."""

from __future__ import annotations

import json
from typing import Any

from sentry_asgi_autoconf.cli.checks.finding import Finding, error, ok, warning
from sentry_asgi_autoconf.console import mask, printable

_UNLIMITED = -1.0
# By status: the name of the finding, and what it means.
_REFUSALS = {
    400: ("refused-event", "does not accept what the SDK sends: is it a receiver of Sentry's protocol?"),
    401: ("bad-key", "does not know the key of the DSN: copy the DSN from the project's settings"),
    403: ("bad-key", "does not accept the key of the DSN: copy the DSN from the project's settings"),
    404: ("no-project", "has no such project: it was removed, or the number in the DSN is another's"),
    407: ("proxy-refused", "is behind a proxy that asks for credentials: put them into the proxy's URL"),
    413: ("too-large", "takes nothing of that size: raise the limit of what stands in front of it"),
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
            parts = limit.strip().split(":")
            if parts[0].isdigit():
                for category in (parts[1] if len(parts) > 1 else "").split(";"):
                    self._seconds[category] = float(parts[0])
        if response.status == 429 and not told:
            after = response.headers.get("Retry-After", "")
            self._seconds[""] = float(after) if after.isdigit() else 60.0

    def holds_back(self, category: str) -> bool:
        """Whether the SDK would send nothing of that category now."""
        return self.seconds(category) != _UNLIMITED

    def seconds(self, category: str) -> float:
        """For how long."""
        return max(self._seconds.get(category, _UNLIMITED), self._seconds.get("", _UNLIMITED))


def finding(
    what: str, category: str, host: str, proxy: str | None, response: Any, limits: Limits, milliseconds: float
) -> Finding:
    """Tell what an answer to one item of a category means."""
    by = f"{host}{through(proxy)}"
    if limits.holds_back(category):
        return rate_limited(what, category, limits, f"{by} in its answer {response.status}")
    if 200 <= response.status < 300:
        if not _is_acceptance(response):
            return warning(
                "not-a-receiver",
                f"{by} answered {response.status} to {what}, but not as a receiver of Sentry's protocol does: is"
                " something else at this address?",
            )
        return ok("delivered", f"{what} was accepted by {by} within {milliseconds:.0f} ms")
    if response.status >= 500:
        return error(
            "receiver-failed", f"{by} failed with {response.status} at {what}{_reason(response)}: try later."
        )
    slug, meaning = _REFUSALS.get(response.status, ("refused-event", "does not accept it"))
    return error(slug, f"{by} {meaning}. It answered {response.status} to {what}{_reason(response)}.")


def rate_limited(what: str, category: str, limits: Limits, where: str) -> Finding:
    """Tell that a receiver takes nothing of a category for some time."""
    said = warning if category == "transaction" and not limits.holds_back("error") else error
    kind = "transactions" if category == "transaction" else "events"
    return said(
        "rate-limited",
        f"the receiver takes no {kind} for {limits.seconds(category):.0f} s, as said by {where}, and the SDK sends none"
        f" until then; {what} is one. A quota is used up, or it takes none at all.",
    )


def through(proxy: str | None) -> str:
    """Name a proxy without its credentials."""
    return f" (through the proxy {mask(proxy)})" if proxy else ""


def _is_acceptance(response: Any) -> bool:
    try:
        return "id" in json.loads(response.data.decode("utf-8", "replace"))
    except (TypeError, ValueError):
        return False


def _reason(response: Any) -> str:
    """Give the reason that the receiver itself gives, if any."""
    reason = response.headers.get("X-Sentry-Error")
    if not reason:
        try:
            reason = json.loads(response.data.decode("utf-8", "replace"))["detail"]
        except (KeyError, TypeError, ValueError):
            return ""
    return f" ({printable(str(reason), 120)})"
