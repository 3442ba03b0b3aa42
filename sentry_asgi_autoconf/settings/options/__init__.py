"""Every option of `sentry_sdk.init`, declared in the groups of the settings reference."""

from __future__ import annotations

from sentry_asgi_autoconf.settings.option import by_name
from sentry_asgi_autoconf.settings.options.errors import ERRORS, STACK_TRACES
from sentry_asgi_autoconf.settings.options.sending import DESTINATION, PRIVACY, TRANSPORT
from sentry_asgi_autoconf.settings.options.tracing import INTEGRATIONS, PROFILING, SIGNALS, TRACING

# In the order of the settings reference.
OPTION_GROUPS = (
    DESTINATION,
    ERRORS,
    STACK_TRACES,
    TRACING,
    PROFILING,
    SIGNALS,
    PRIVACY,
    INTEGRATIONS,
    TRANSPORT,
)
SDK_OPTIONS = by_name(*(option for group in OPTION_GROUPS for option in group.options))

# Where the option's variable cannot be named like it.
_INIT_NAMES = {"experiments": "_experiments"}


def init_name(name: str) -> str:
    """Return the keyword argument of `sentry_sdk.init` for one of SDK_OPTIONS."""
    return _INIT_NAMES.get(name, name)


def field_of(init_name: str) -> str:
    """Return the name in SDK_OPTIONS for a keyword argument of `sentry_sdk.init`, known or not."""
    return next((name for name, option in _INIT_NAMES.items() if option == init_name), init_name)
