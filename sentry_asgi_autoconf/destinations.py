"""What a destination is: each way out of a process for what it reports, and the URL that it leads to.

The one place that knows. Whatever asks whether anything is sent, where to, or by which rule, asks here.
"""

from __future__ import annotations

from typing import Any, Mapping

# Each of these is enough for something to be sent.
SUFFICIENT = ("dsn", "spotlight")
PROXIES = ("http_proxy", "https_proxy")
# All that may lead elsewhere. A transport and integrations bring destinations of their own.
WAYS_OUT = (*SUFFICIENT, *PROXIES, "transport", "integrations")
# Where a way out has no rule of its own, that of another one holds.
RULES: Mapping[str, tuple[str, ...]] = {
    "spotlight": ("spotlight", "dsn"),
    "http_proxy": ("http_proxy", "https_proxy"),
    "https_proxy": ("https_proxy", "http_proxy"),
}
NOWHERE = "neither SENTRY_DSN nor SENTRY_SPOTLIGHT is set"
# Where the SDK expects it, if it is told no more than that there is one.
USUAL_SPOTLIGHT = "http://localhost:8969/stream"


def is_sent(arguments: Mapping[str, Any]) -> bool:
    """Whether a client of these arguments of init's sends anything."""
    return any(arguments.get(name) for name in SUFFICIENT)


def url(name: str, value: Any) -> Any:
    """Return the URL to which an option's value leads; of any other option, the value."""
    if name == "spotlight" and not isinstance(value, str):
        return USUAL_SPOTLIGHT
    if name in ("spotlight", *PROXIES) and isinstance(value, str) and "://" not in value:
        return f"http://{value}"  # as the SDK's HTTP library reads it
    return value


def is_nowhere(name: str, value: Any) -> bool:
    """Whether an option's value says that nothing is sent that way."""
    return name in (*SUFFICIENT, *PROXIES) and not value


def proxy_of_environment(name: str) -> str | None:
    """Return the proxy that the SDK finds by itself where this option does not say one."""
    from urllib.request import getproxies  # the SDK imports it, an inactive process need not

    return getproxies().get(name.partition("_")[0])


def is_readable_by_proxies(arguments: Mapping[str, Any]) -> bool:
    """Whether a proxy could read what is sent to the DSN, which is no secret to it without TLS."""
    dsn = arguments.get("dsn")
    return isinstance(dsn, str) and dsn.strip().lower().startswith("http:")
