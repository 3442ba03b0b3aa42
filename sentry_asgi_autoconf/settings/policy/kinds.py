"""Tell which options can be limited: those that hold a number, and those that hold one text."""

from __future__ import annotations

from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.options import SDK_OPTIONS

# The option whose ceiling may hold for what callers have decided.
LIMITS_CALLERS = "traces_sample_rate"


def limits_numbers(name: str) -> bool:
    """Whether the option is a number."""
    return SDK_OPTIONS[name].kind.type in (int, float)


def limits_texts(name: str) -> bool:
    """Whether the option is one text: free, one of several, or a URL among others."""
    kind = SDK_OPTIONS[name].kind
    return kind is kinds.BOOLEAN_OR_URL or kind.type is str


def limits_hosts(name: str) -> bool:
    """Whether the option is a URL, of which the host is limited."""
    return SDK_OPTIONS[name].kind in (kinds.DSN, kinds.PROXY_URL, kinds.BOOLEAN_OR_URL)


def choices(name: str) -> tuple[str, ...]:
    """Return the texts of which the option is one; none if it is not a choice."""
    return tuple(SDK_OPTIONS[name].kind.shape.get("enum", ()))
