"""Every option of `sentry_sdk.init`, typed, in the groups of the settings reference."""

from sentry_asgi_autoconf.settings.options.destination import DestinationOptions
from sentry_asgi_autoconf.settings.options.errors import ErrorOptions
from sentry_asgi_autoconf.settings.options.integrations import IntegrationOptions
from sentry_asgi_autoconf.settings.options.privacy import PrivacyOptions
from sentry_asgi_autoconf.settings.options.profiling import ProfilingOptions
from sentry_asgi_autoconf.settings.options.signals import SignalOptions
from sentry_asgi_autoconf.settings.options.stack_traces import StackTraceOptions
from sentry_asgi_autoconf.settings.options.tracing import TracingOptions
from sentry_asgi_autoconf.settings.options.transport import TransportOptions

# In the order of the settings reference.
OPTION_GROUPS = (
    DestinationOptions,
    ErrorOptions,
    StackTraceOptions,
    TracingOptions,
    ProfilingOptions,
    SignalOptions,
    PrivacyOptions,
    IntegrationOptions,
    TransportOptions,
)

# Where the field cannot be named like the option.
_INIT_NAMES = {"experiments": "_experiments"}


class SdkOptions(
    DestinationOptions,
    ErrorOptions,
    StackTraceOptions,
    TracingOptions,
    ProfilingOptions,
    SignalOptions,
    PrivacyOptions,
    IntegrationOptions,
    TransportOptions,
):
    """The options of `sentry_sdk.init`; only what was set is in `model_fields_set`."""


def init_name(field_name: str) -> str:
    """Give the keyword argument of `sentry_sdk.init` for a field of SdkOptions."""
    return _INIT_NAMES.get(field_name, field_name)


def field_of(init_name: str) -> str:
    """Give the field of SdkOptions for a keyword argument of `sentry_sdk.init`, known or not."""
    return next((field for field, option in _INIT_NAMES.items() if option == init_name), init_name)
