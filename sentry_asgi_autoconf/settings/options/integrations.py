"""Options that say which libraries the SDK instruments."""

from sentry_asgi_autoconf.settings import kinds
from sentry_asgi_autoconf.settings.option import Group, Option

INTEGRATIONS = Group(
    "Integrations and experiments",
    (
        Option(
            "integrations",
            kinds.INTEGRATIONS,
            "Integrations to use on top of those that the SDK finds by itself; asyncio reports errors"
            " of tasks in each event loop that serves.",
            "asyncio,myapp.sentry:QueueIntegration",
        ),
        Option(
            "disabled_integrations",
            kinds.INTEGRATIONS,
            "Integrations that are not used although the SDK would use them.",
            "logging,httpx",
        ),
        Option(
            "default_integrations",
            kinds.BOOLEAN,
            "Use the integrations that need no library, such as logging and threads.",
            "false",
        ),
        Option(
            "auto_enabling_integrations",
            kinds.BOOLEAN,
            "Use the integration of every installed library that has one.",
            "false",
        ),
        Option(
            "experiments",
            kinds.MAPPING,
            "Features that the SDK does not promise to keep.",
            '{"transport_http2": true}',
        ),
    ),
)
